/* help.c - --help, --version and the generated parts of the man pages.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "study/help.h"

#include <stdio.h>
#include <string.h>

#include "study/campaigns.h"
#include "study/run.h"
#include "study/study.h"

static int print(aus_buf *b, FILE *to, int status)
{
  if (b->n > 0) fwrite(b->data, 1, (size_t)b->n, to);
  aus_buf_fini(b);
  return fflush(to) == 0 ? status : aus_code_exit(AUS_EIO);
}

int aus_help_version(void)
{
  printf("%s %s\n", PACKAGE, PACKAGE_VERSION);
  return fflush(stdout) == 0 ? 0 : aus_code_exit(AUS_EIO);
}

/* All commands, or those of one group ("serverless"); how many there were. */
static int list_commands(aus_buf *b, const char *group)
{
  size_t n_group = group ? strlen(group) : 0;
  int i, n = 0;

  for (i = 0; aus_commands[i]; i++) {
    const char *name = aus_commands[i]->name;

    if (group && (strncmp(name, group, n_group) != 0 || name[n_group] != ' ')) continue;
    n++;
    aus_buf_printf(b, "  %-22s %s\n", name, aus_commands[i]->summary);
  }
  return n;
}

int aus_help_program(int n_words, char *const *words)
{
  aus_buf b;
  bool asked = n_words == 0 || strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0;
  const char *names[64], *near;
  char given[80];
  int n;

  aus_buf_init(&b);
  if (asked) {
    aus_buf_text(
        &b, "usage: auspex COMMAND [ARGUMENTS] [OPTIONS]\n\n"
            "How much better would a shared computer system run if resources had been provisioned\n"
            "ahead of the demand?\n\ncommands:\n");
    list_commands(&b, NULL);
    aus_buf_text(&b, "\nauspex COMMAND --help tells about one command.\n");
    return print(&b, stdout, n_words == 0 ? 2 : 0);
  }
  /* A group of commands: "serverless", "serverless --help". */
  if (list_commands(&b, words[0]) > 0 && (n_words == 1 || words[1][0] == '-'))
    return n_words == 1 ? print(&b, stderr, 2) : print(&b, stdout, 0);
  aus_buf_clear(&b);
  for (n = 0; n < 64 && aus_commands[n]; n++)
    names[n] = aus_commands[n]->name;
  snprintf(given, sizeof given, "%s%s%s", words[0], n_words > 1 ? " " : "",
           n_words > 1 ? words[1] : "");
  near = aus_cfg_nearest(given, names, n);
  if (!near) near = aus_cfg_nearest(words[0], names, n);
  aus_buf_printf(&b, "auspex: unknown command \"%s\"", given);
  if (near) aus_buf_printf(&b, "; did you mean \"%s\"?", near);
  aus_buf_text(&b, "\ncommands:\n");
  list_commands(&b, NULL);
  return print(&b, stderr, 2);
}

/* The keys of `run` are those of the top, of the engine, and of every study's section. */
static bool is_run(const aus_command *c)
{
  return c->n_opts > 0 && c->opts[0] == aus_study_top_opts;
}

typedef void (*key_text)(const aus_opt *const *tables, int n_tables, aus_buf *out);

static void heading(aus_buf *b, bool man, const char *text, const char *name)
{
  aus_buf_printf(b, "%s%s%s%s\n", man ? ".SS " : "\n", text, name, man ? "" : ":");
}

static void keys(const aus_command *c, aus_buf *b, bool man)
{
  const aus_opt *engine = aus_engine_opts, *method = aus_bo_opts;
  key_text text = man ? aus_opt_man : aus_opt_help;
  int i;

  if (c->n_opts == 0) return;
  heading(b, man, "keys of the file and of --set", "");
  text(c->opts, c->n_opts, b);
  if (!is_run(c)) return;
  heading(b, man, "keys of section engine (they never change the values of a result)", "");
  text(&engine, 1, b);
  heading(b, man, "further keys of section engine (the optimiser's: they decide results)", "");
  text(&method, 1, b);
  for (i = 0; aus_studies[i]; i++) {
    heading(b, man, "keys of section ", aus_studies[i]->name);
    text(&aus_studies[i]->opts, 1, b);
  }
}

int aus_help_command(const aus_command *c)
{
  aus_buf b;

  aus_buf_init(&b);
  aus_buf_printf(&b, "usage: auspex %s %s [OPTIONS]\n\n%s.\n\n%s\n\noptions:\n", c->name,
                 c->operands, c->summary, c->text);
  aus_cli_help(c->cli, c->n_cli, &b);
  keys(c, &b, false);
  return print(&b, stdout, 0);
}

int aus_help_man(int n_words, char *const *words)
{
  aus_buf b;
  char name[80];
  int i;

  aus_buf_init(&b);
  snprintf(name, sizeof name, "%s%s%s", words[0], n_words > 1 ? " " : "",
           n_words > 1 ? words[1] : "");
  for (i = 0; aus_commands[i]; i++) {
    const aus_command *c = aus_commands[i];

    if (strcmp(name, "commands") == 0) {
      aus_buf_printf(&b, ".TP\n.B %s\n%s\n", c->name, c->summary);
    } else if (strcmp(name, c->name) == 0) {
      aus_cli_man(c->cli, c->n_cli, &b);
      keys(c, &b, true);
    }
  }
  return print(&b, stdout, b.n > 0 ? 0 : 2);
}
