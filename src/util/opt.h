/* opt.h - option tables: one table gives the parsing, the checks, --help and the man page.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A table names configuration keys ("engine.prefetch") with type, default, range, unit and help. An
 * aus_opts holds the values of several tables after reading a configuration tree; keys that are not
 * in the tree have their default. Getters take the full name; asking for a name that is in no table,
 * or with another type, is a broken invariant (AUS_ASSERT) and gives 0.
 *
 * The command line has its own small table (aus_cli) because its options are words, not values of a
 * study: --csv DIR, -o FILE, --set key=value, -v. Both are printed by the same help function.
 */
#ifndef AUS_UTIL_OPT_H
#define AUS_UTIL_OPT_H

#include "util/cfg.h"
#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum aus_opt_type {
  AUS_T_BOOL, /* range unused */
  AUS_T_INT,  /* range "lo:hi", either side may be empty */
  AUS_T_REAL, /* the same; "(0:" excludes the end */
  AUS_T_STR,  /* any text; default ""; range "number": a plain number, too */
  AUS_T_PATH, /* a file: relative to the configuration file (to the caller's directory with --set) */
  AUS_T_ENUM, /* range "a,b,c" */
  AUS_T_NODE /* a list or map that the area reads itself with aus_opt_node(); default ""; range "words": a list of
               * words, or text with commas between them, for aus_opt_words() */
} aus_opt_type;

typedef struct aus_opt {
  const char *name; /* "serverless.window_s"; a table ends with a NULL name */
  aus_opt_type type;
  const char *def; /* as text; NULL: required */
  const char *range;
  const char *unit; /* shown, "" if none */
  const char *help;
} aus_opt;

typedef struct aus_opts aus_opts;

/** Read the keys of n_tables tables from the tree below root; wrong values become problems of cfg.
 * A null in the tree counts as not given. A path that stands in a file is joined to that file's
 * directory, one from an override or a default stays as it is.
 *
 * @param [in] root  map, or NULL for all defaults; lent nodes (AUS_T_NODE) live as long as cfg
 * @return AUS_OK (also with problems: see aus_cfg_check); AUS_ENOMEM
 *
 * Local.
 */
AUS_CHECKED int aus_opts_read(aus_opts **out, aus_cfg *cfg, aus_cfg_node *root,
                              const aus_opt *const *tables, int n_tables, aus_err *err);
void aus_opts_destroy(aus_opts *opts);

bool aus_opt_bool(const aus_opts *opts, const char *name);
int64_t aus_opt_int(const aus_opts *opts, const char *name);
double aus_opt_real(const aus_opts *opts, const char *name);
const char *aus_opt_str(const aus_opts *opts,
                        const char *name);                /* also of AUS_T_PATH and AUS_T_ENUM */
int aus_opt_enum(const aus_opts *opts, const char *name); /* index in the range list */
aus_cfg_node *aus_opt_node(const aus_opts *opts, const char *name); /* NULL when not given */
/** The words of a list, each one of n known ones and none twice; anything else becomes a problem of cfg.
 * @param [out] chosen  room for n numbers of words, in the order given. @return how many; -1: not given. Local. */
int aus_opt_words(const aus_opts *opts, aus_cfg *cfg, const char *name, int n,
                  const char *const *words, int *chosen);
bool aus_opt_given(const aus_opts *opts, const char *name); /* in the tree, not defaulted */
/** The same, of a key for which not being given means something else than any value, its default included:
 * from then on the texts below say null for it when it is not. */
bool aus_opt_has_value(const aus_opts *opts, const char *name);
aus_cfg_node *aus_opt_place(const aus_opts *opts,
                            const char *name); /* node of a given key, for problems; else NULL */

/** Effective values as one canonical JSON object: keys sorted, nested by the dots, compact. Paths are left
 * out: what an input file holds decides a result, not where it lies. */
void aus_opts_canonical(const aus_opts *opts, aus_buf *out);

/** The same of several sets as one object, with the paths (null when not given), so that it can be read
 * again in the caller's directory. */
void aus_opts_effective(const aus_opts *const *sets, int n_sets, aus_buf *out);

/* Command line of one command. */
typedef struct aus_cli {
  const char *name; /* long name without dashes; ends with NULL */
  char letter;      /* 0: none */
  const char *arg;  /* name of the argument in the help, NULL: a flag */
  const char *help;
} aus_cli;

typedef struct aus_args aus_args;

/** Parse argv[1..argc-1] (argv[0] is the command's name) with getopt_long: options and operands mixed.
 *
 * @return AUS_OK; AUS_ECONFIG for an unknown option (with the nearest name) or a missing argument; AUS_ENOMEM
 *
 * Local. Does not touch the caller's argv order; the strings are lent and must outlive *out. "--" ends
 * the options. A long option may be cut short where that is unambiguous.
 */
AUS_CHECKED int aus_args_parse(aus_args **out, const aus_cli *const *tables, int n_tables, int argc,
                               char *const *argv, aus_err *err);
void aus_args_destroy(aus_args *args);
/** Number of times an option was given. */
int aus_args_given(const aus_args *args, const char *name);
/** Argument of its i-th time; NULL when there are fewer. */
const char *aus_args_value(const aus_args *args, const char *name, int i);
/** Argument of its last time; NULL when it was not given. */
const char *aus_args_last(const aus_args *args, const char *name);
int aus_args_n_operands(const aus_args *args);
const char *aus_args_operand(const aus_args *args, int i);

/** Options of a command as text: "  -o, --output FILE   ..." aligned at one column, wrapped at 100. */
void aus_cli_help(const aus_cli *const *tables, int n_tables, aus_buf *out);
/** Keys of a table as text: name, [default], range, unit, help. */
void aus_opt_help(const aus_opt *const *tables, int n_tables, aus_buf *out);
/** The same two as man-page text (.TP paragraphs). */
void aus_cli_man(const aus_cli *const *tables, int n_tables, aus_buf *out);
void aus_opt_man(const aus_opt *const *tables, int n_tables, aus_buf *out);

#endif
