/* cfg_read.c - one JSON or YAML document into a tree, by the events of libyaml.
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <config.h>

#include "util/cfg_tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <yaml.h>

#include "util/alloc.h"

typedef struct reader {
  aus_cfg *cfg;
  const char *file;
  bool placed;
  const char *bytes; /* without the byte order mark */
  size_t n;
  yaml_parser_t parser;
  yaml_event_t event; /* the current one */
  aus_err *err;
} reader;

static int fail_at(reader *r, size_t line, size_t column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* line and column count from 0, as libyaml's do. */
static int fail_at(reader *r, size_t line, size_t column, const char *format, ...)
{
  char text[300];
  va_list ap;

  va_start(ap, format);
  vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  if (!r->placed) return aus_fail(r->err, AUS_ECONFIG, AUS_HERE, "%s: %s", r->file, text);
  return aus_fail(r->err, AUS_ECONFIG, AUS_HERE, "%s:%zu:%zu: %s", r->file, line + 1, column + 1,
                  text);
}

/* Place of a byte, counted in characters as libyaml does. */
static void place_of_byte(const reader *r, size_t offset, size_t *line, size_t *column)
{
  size_t i;

  *line = *column = 0;
  for (i = 0; i < offset && i < r->n; i++) {
    if (r->bytes[i] == '\n') {
      ++*line;
      *column = 0;
    } else if (((unsigned char)r->bytes[i] & 0xc0) != 0x80) {
      ++*column;
    }
  }
}

static bool tab_at(const reader *r, yaml_mark_t mark)
{
  size_t i, line = 0, column = 0;

  for (i = 0; i < r->n && (line < mark.line || (line == mark.line && column < mark.column)); i++) {
    if (r->bytes[i] == '\n') {
      line++;
      column = 0;
    } else if (((unsigned char)r->bytes[i] & 0xc0) != 0x80) {
      column++;
    }
  }
  return i < r->n && r->bytes[i] == '\t';
}

static int syntax_error(reader *r)
{
  const yaml_parser_t *p = &r->parser;
  const char *what = p->problem ? p->problem : "cannot be read";
  size_t line = p->problem_mark.line, column = p->problem_mark.column, end_line, end_column;

  if (p->error == YAML_MEMORY_ERROR)
    return aus_fail(r->err, AUS_ENOMEM, AUS_HERE, "out of memory (%s)", r->file);
  if (p->error == YAML_READER_ERROR) {
    place_of_byte(r, p->problem_offset, &line, &column);
    return fail_at(r, line, column, "%s", what);
  }
  /* libyaml ends the last line even where the text does not: a text cut short has its place there. */
  place_of_byte(r, r->n, &end_line, &end_column);
  if (line > end_line) {
    line = end_line;
    column = end_column;
  }
  if (tab_at(r, p->problem_mark)) return fail_at(r, line, column, "tab in the indentation");
  if (!p->context) return fail_at(r, line, column, "%s", what);
  return fail_at(r, line, column, "%s (%s that starts at line %zu)", what, p->context,
                 p->context_mark.line + 1);
}

static int next(reader *r)
{
  yaml_event_delete(&r->event);
  return yaml_parser_parse(&r->parser, &r->event) ? AUS_OK : syntax_error(r);
}

/* Anchors and tags would give the same text two meanings. */
static int check_plain(reader *r)
{
  const yaml_event_t *e = &r->event;
  const yaml_char_t *anchor = NULL, *tag = NULL;

  if (e->type == YAML_SCALAR_EVENT) {
    anchor = e->data.scalar.anchor;
    tag = e->data.scalar.tag;
  } else if (e->type == YAML_SEQUENCE_START_EVENT) {
    anchor = e->data.sequence_start.anchor;
    tag = e->data.sequence_start.tag;
  } else if (e->type == YAML_MAPPING_START_EVENT) {
    anchor = e->data.mapping_start.anchor;
    tag = e->data.mapping_start.tag;
  }
  if (anchor || e->type == YAML_ALIAS_EVENT)
    return fail_at(r, e->start_mark.line, e->start_mark.column,
                   "anchors and aliases (& and *) are not supported");
  if (tag)
    return fail_at(r, e->start_mark.line, e->start_mark.column, "tags (!) are not supported");
  return AUS_OK;
}

/* Copy of the current scalar event. */
static int scalar_text(reader *r, char **out)
{
  int rc = AUS_OK;
  const char *text = (const char *)r->event.data.scalar.value;

  if (strlen(text) != r->event.data.scalar.length) {
    rc = fail_at(r, r->event.start_mark.line, r->event.start_mark.column, "NUL character in text");
    goto done;
  }
  AUS_DUP(*out, text, r->err);
done:
  return rc;
}

static bool is_null(const char *text)
{
  static const char *const names[] = {"", "~", "null", "Null", "NULL"};
  size_t i;

  for (i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(text, names[i]) == 0) return true;
  return false;
}

static int read_scalar(reader *r, aus_cfg_node *node)
{
  int rc;

  AUS_TRY(scalar_text(r, &node->text));
  node->quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
  node->kind = !node->quoted && is_null(node->text) ? AUS_CFG_NULL : AUS_CFG_SCALAR;
done:
  return rc;
}

static int by_key(const void *a, const void *b)
{
  const aus_cfg_node *x = *(aus_cfg_node *const *)a, *y = *(aus_cfg_node *const *)b;
  int c = strcmp(x->key, y->key);

  return c != 0 ? c : (x->index > y->index) - (x->index < y->index);
}

static void report_duplicate(reader *r, const aus_cfg_node *node, const aus_cfg_node *first)
{
  char in[AUS_CFG_IN_SIZE];

  aus_cfg_in(node->parent, in);
  if (r->placed)
    aus_cfg_problem_at(r->cfg, node->file, node->key_line, node->key_column,
                       "duplicate key \"%.80s\"%s, first at %" PRId64 ":%" PRId64, node->key, in,
                       first->key_line, first->key_column);
  else
    aus_cfg_problem_at(r->cfg, node->file, 0, 0, "duplicate key \"%.80s\"%s", node->key, in);
}

/* Keep the first of equal keys, report the others. */
static int drop_duplicates(reader *r, aus_cfg_node *map)
{
  int rc = AUS_OK;
  aus_cfg_node **sorted = NULL;
  const aus_cfg_node *first;
  int64_t i, n = 0;

  if (map->n < 2) return AUS_OK;
  AUS_NEW(sorted, map->n, r->err);
  memcpy(sorted, map->item, (size_t)map->n * sizeof *sorted);
  qsort(sorted, (size_t)map->n, sizeof *sorted, by_key);
  for (i = 1, first = sorted[0]; i < map->n; i++) {
    if (strcmp(sorted[i]->key, first->key) != 0) {
      first = sorted[i];
      continue;
    }
    report_duplicate(r, sorted[i], first);
    map->item[sorted[i]->index] = NULL;
    aus_cfg_node_destroy(sorted[i]);
  }
  for (i = 0; i < map->n; i++)
    if (map->item[i]) map->item[n++] = map->item[i];
  map->n = n;
done:
  aus_free(sorted);
  return rc;
}

static int read_value(reader *r, aus_cfg_node *node, int depth);

static int read_list(reader *r, aus_cfg_node *node, int depth)
{
  int rc;
  aus_cfg_node *child;

  node->kind = AUS_CFG_LIST;
  for (;;) {
    AUS_TRY(next(r));
    if (r->event.type == YAML_SEQUENCE_END_EVENT) break;
    AUS_TRY(aus_cfg_node_add(node, &child, r->err));
    AUS_TRY(read_value(r, child, depth + 1));
  }
done:
  return rc;
}

static int read_key(reader *r, aus_cfg_node *map, aus_cfg_node **child)
{
  const yaml_event_t *e = &r->event;
  int rc;

  AUS_TRY(check_plain(r));
  if (e->type != YAML_SCALAR_EVENT ||
      (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && e->data.scalar.length == 0)) {
    rc = fail_at(r, e->start_mark.line, e->start_mark.column, "key is no text");
    goto done;
  }
  if (e->data.scalar.length > AUS_CFG_MAX_KEY) {
    rc = fail_at(r, e->start_mark.line, e->start_mark.column, "key longer than %d bytes",
                 AUS_CFG_MAX_KEY);
    goto done;
  }
  AUS_TRY(aus_cfg_node_add(map, child, r->err));
  (*child)->key_line = r->placed ? (int64_t)e->start_mark.line + 1 : 0;
  (*child)->key_column = (int64_t)e->start_mark.column + 1;
  AUS_TRY(scalar_text(r, &(*child)->key));
done:
  return rc;
}

static int read_map(reader *r, aus_cfg_node *node, int depth)
{
  int rc;
  aus_cfg_node *child;

  node->kind = AUS_CFG_MAP;
  for (;;) {
    AUS_TRY(next(r));
    if (r->event.type == YAML_MAPPING_END_EVENT) break;
    AUS_TRY(read_key(r, node, &child));
    AUS_TRY(next(r));
    AUS_TRY(read_value(r, child, depth + 1));
  }
  AUS_TRY(drop_duplicates(r, node));
done:
  return rc;
}

/* The current event starts a value; depth counts the values around it. */
static int read_value(reader *r, aus_cfg_node *node, int depth)
{
  yaml_mark_t mark = r->event.start_mark;
  int rc;

  AUS_TRY(check_plain(r));
  node->file = r->file;
  node->line = r->placed ? (int64_t)mark.line + 1 : 0;
  node->column = (int64_t)mark.column + 1;
  if (r->event.type == YAML_SCALAR_EVENT)
    rc = read_scalar(r, node);
  else if (depth >= AUS_CFG_MAX_DEPTH)
    rc = fail_at(r, mark.line, mark.column, "nested deeper than %d levels", AUS_CFG_MAX_DEPTH);
  else if (r->event.type == YAML_SEQUENCE_START_EVENT)
    rc = read_list(r, node, depth);
  else
    rc = read_map(r, node, depth);
done:
  return rc;
}

static int read_document(reader *r, aus_cfg_node *node)
{
  const yaml_event_t *e = &r->event;
  int rc;

  AUS_TRY(next(r)); /* start of the stream */
  AUS_TRY(next(r));
  if (e->type != YAML_STREAM_END_EVENT) AUS_TRY(next(r));
  if (e->type == YAML_STREAM_END_EVENT ||
      (e->type == YAML_SCALAR_EVENT && e->data.scalar.length == 0 &&
       e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !e->data.scalar.anchor)) {
    rc = fail_at(r, 0, 0, "empty document");
    goto done;
  }
  AUS_TRY(read_value(r, node, 0));
  AUS_TRY(next(r)); /* end of the document */
  AUS_TRY(next(r));
  if (e->type != YAML_STREAM_END_EVENT)
    rc = fail_at(r, e->start_mark.line, e->start_mark.column, "a second document starts here");
done:
  return rc;
}

/* YAML forbids tabs before and after a JSON text on their own lines, JSON allows them; blanks of the
 * same number keep every column. */
static void blank_outer_tabs(char *s, size_t n)
{
  size_t i, end = n;

  for (i = 0; i < n && strchr(" \t\r\n", s[i]) && s[i]; i++)
    continue;
  if (i == n || (s[i] != '{' && s[i] != '[')) return;
  while (i-- > 0)
    if (s[i] == '\t') s[i] = ' ';
  for (; end > 0 && strchr(" \t\r\n", s[end - 1]) && s[end - 1]; end--)
    if (s[end - 1] == '\t') s[end - 1] = ' ';
}

int aus_cfg_read(aus_cfg *cfg, aus_cfg_node *node, const char *file, bool placed, const char *bytes,
                 size_t n, aus_err *err)
{
  int rc = AUS_OK;
  reader r = {.cfg = cfg, .file = file, .placed = placed, .err = err};
  char *copy = NULL;

  if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
    bytes += 3;
    n -= 3;
  }
  AUS_NEW(copy, n + 1, err);
  memcpy(copy, bytes, n);
  blank_outer_tabs(copy, n);
  r.bytes = copy;
  r.n = n;
  if (!yaml_parser_initialize(&r.parser)) AUS_FAIL(err, AUS_ENOMEM, "out of memory (%s)", file);
  yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&r.parser, (const unsigned char *)copy, n);
  rc = read_document(&r, node);
  yaml_event_delete(&r.event);
  yaml_parser_delete(&r.parser);
done:
  aus_free(copy);
  return rc;
}
