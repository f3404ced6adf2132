/* json.c - fuzz: large JSON data, and the writer.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What was read and written reads back to the same text, compact and indented.
 */
#include <config.h>

#include "fuzz/fuzz.h"
#include "util/json.h"

static const char *const members[] = {"a", "b", "events", "name", "timestamp"};

enum { N_MEMBERS = sizeof members / sizeof members[0], MOST_DEPTH = 20 };

/* Objects have no list of their keys: the members above stand for them. */
static void copy(aus_json_value *v, int depth, aus_json_out *out)
{
  int64_t i;

  if (aus_json_is_object(v) && depth < MOST_DEPTH) {
    aus_json_object(out);
    for (i = 0; i < N_MEMBERS; i++) {
      aus_json_value *m = aus_json_get(v, members[i]);

      if (!m) continue;
      aus_json_key(out, members[i]);
      copy(m, depth + 1, out);
    }
    aus_json_end(out, '}');
  } else if (aus_json_is_array(v) && depth < MOST_DEPTH) {
    aus_json_array(out);
    for (i = 0; i < aus_json_count(v); i++)
      copy(aus_json_at(v, i), depth + 1, out);
    fuzz_check(!aus_json_at(v, i) && !aus_json_at(v, -1));
    aus_json_end(out, ']');
  } else if (aus_json_is_number(v)) {
    aus_json_real(out, aus_json_number(v));
  } else if (aus_json_text(v)) {
    aus_json_str(out, aus_json_text(v));
  } else {
    aus_json_null(out);
  }
}

static bool write_text(const char *bytes, size_t n, int indent, int refusal, aus_buf *buf)
{
  aus_json *doc = NULL;
  aus_json_out out;
  aus_err err = {0};
  bool took = fuzz_took(aus_json_parse(&doc, "file", bytes, n, &err), &err, refusal);

  if (took) {
    aus_json_begin(&out, buf, indent);
    copy(aus_json_root(doc), 0, &out);
    took = fuzz_filled(buf);
  }
  aus_json_destroy(doc);
  return took;
}

static bool container(const aus_buf *b)
{
  return b->n > 0 && (b->data[0] == '{' || b->data[0] == '[');
}

FUZZ_TARGET(json)
{
  aus_buf first, indented, again;

  aus_buf_init(&first);
  aus_buf_init(&indented);
  aus_buf_init(&again);
  if (write_text((const char *)data, n, 0, AUS_EFORMAT, &first) && container(&first) &&
      write_text(first.data, (size_t)first.n, 2, AUS_OK, &indented) &&
      write_text(indented.data, (size_t)indented.n, 0, AUS_OK, &again))
    fuzz_check(fuzz_same(&again, first.data, (size_t)first.n));
  aus_buf_fini(&first);
  aus_buf_fini(&indented);
  aus_buf_fini(&again);
}
