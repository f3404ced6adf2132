/* replay.c - every fuzz harness over its corpus and over fixed mutations of it, by the normal compiler.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 *   replay.t                  all targets; TAP
 *   replay.t TARGET FILE...   these inputs through one harness (for a debugger)
 *
 * The mutations depend on nothing but the corpus. An input that ends the program is left in the directory
 * $TMPDIR as fuzz-<target>.input.
 */
#include <config.h>

#include "fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "util/file.h"
#include "util/log.h"

/* clang-format off */
#define FUZZ_TARGETS(X) \
  X(args) X(bo) X(cfg) X(gzip) X(joblog) X(journal) X(json) X(match_model) X(minutes) X(model) X(msg) X(propose) \
  X(recall) X(set) X(study) X(task) X(texts) X(trace) X(types) X(tz) X(ubj)
/* clang-format on */

enum { N_MUTATIONS = 2000, MOST_FILES = 200, MOST_BYTES = 1 << 16, PATH_BYTES = 4096 };

typedef int (*target_fn)(const uint8_t *, size_t);

#define DECLARE(name) int fuzz_##name(const uint8_t *data, size_t n);
FUZZ_TARGETS(DECLARE)
#define ENTRY(name) {#name, fuzz_##name},
static const struct {
  const char *name;
  target_fn call;
} targets[] = {FUZZ_TARGETS(ENTRY)};

enum { N_TARGETS = sizeof targets / sizeof targets[0] };

/* ---- who is to blame when the program ends ---- */

static const uint8_t *volatile now_bytes;
static volatile size_t now_n;
static char now_path[PATH_BYTES];

static void on_signal(int number)
{
  static const char text[] = "# failed; the input is in ";
  int fd = open(now_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

  if (fd >= 0 && write(fd, now_bytes, now_n) >= 0 && write(1, text, sizeof text - 1) > 0 &&
      write(1, now_path, strlen(now_path)) > 0)
    (void)!write(1, "\n", 1);
  signal(number, SIG_DFL);
  raise(number);
}

static void blame(const char *target)
{
  const char *dir = getenv("TMPDIR");

  snprintf(now_path, sizeof now_path, "%s/fuzz-%s.input", dir && dir[0] ? dir : "/tmp", target);
  signal(SIGABRT, on_signal);
  signal(SIGSEGV, on_signal);
  signal(SIGFPE, on_signal);
}

/* Of exactly n bytes, so that tools see a read beyond them. */
static void run_one(target_fn call, const uint8_t *data, size_t n)
{
  uint8_t *copy = malloc(n > 0 ? n : 1);

  fuzz_check(copy);
  if (n > 0) memcpy(copy, data, n);
  now_bytes = copy;
  now_n = n;
  call(copy, n);
  free(copy);
}

/* ---- the corpus ---- */

typedef struct corpus {
  char *name[MOST_FILES], *bytes[MOST_FILES];
  size_t n[MOST_FILES];
  int n_files;
} corpus;

static int by_name(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void corpus_read(corpus *c, const char *target)
{
  char dir[PATH_BYTES], path[PATH_BYTES + 256];
  DIR *d;
  const struct dirent *e;
  aus_err err = {0};
  int i;

  *c = (corpus){0};
  snprintf(dir, sizeof dir, "%s/tests/fuzz/corpus/%s", getenv("AUS_TOP_SRCDIR"), target);
  d = opendir(dir);
  while (d && (e = readdir(d)))
    if (e->d_name[0] != '.' && c->n_files < MOST_FILES) {
      c->name[c->n_files] = strdup(e->d_name);
      fuzz_check(c->name[c->n_files++]);
    }
  if (d) closedir(d);
  if (c->n_files > 0) qsort(c->name, (size_t)c->n_files, sizeof c->name[0], by_name);
  for (i = 0; i < c->n_files; i++) {
    snprintf(path, sizeof path, "%s/%s", dir, c->name[i]);
    fuzz_check(aus_file_read(path, &c->bytes[i], &c->n[i], &err) == AUS_OK);
  }
}

static void corpus_free(corpus *c)
{
  int i;

  for (i = 0; i < c->n_files; i++) {
    free(c->name[i]);
    aus_free(c->bytes[i]);
  }
}

/* ---- mutations ---- */

static uint64_t draw(uint64_t *state)
{
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t n)
{
  return n > 0 ? (size_t)(draw(state) % n) : 0;
}

typedef struct text {
  uint8_t *p;
  size_t n;
} text;

static void remove_bytes(text *t, size_t at, size_t n)
{
  memmove(t->p + at, t->p + at + n, t->n - at - n);
  t->n -= n;
}

static void insert_bytes(text *t, size_t at, const void *p, size_t n)
{
  if (t->n + n > MOST_BYTES) return;
  memmove(t->p + at + n, t->p + at, t->n - at);
  memcpy(t->p + at, p, n);
  t->n += n;
}

static void mutate(text *t, const corpus *c, uint64_t *state)
{
  static const char *const words[] = {"{",  "}",    "[",  "]",     "\"",          ",",    ":",
                                      "\n", "null", "-1", "1e308", "\\u0000",     "\xff", "0x10",
                                      " ",  "#",    "=",  ".",     "\xef\xbb\xbf"};
  static const uint8_t marks[] = {0, 1, 0x7f, 0x80, 0xff, '0', '"', '\n'};
  size_t at = below(state, t->n + 1), left = t->n - at, k = below(state, 16);
  uint8_t piece[16];
  int other;

  switch (draw(state) % 8) {
  case 0:
    if (left > 0) t->p[at] ^= (uint8_t)(1u << k % 8);
    break;
  case 1:
    if (left > 0) t->p[at] = marks[k % sizeof marks];
    break;
  case 2:
    remove_bytes(t, at, left < k ? left : k);
    break;
  case 3: /* once more */
    memcpy(piece, t->p + at, left < k ? left : k);
    insert_bytes(t, below(state, t->n + 1), piece, left < k ? left : k);
    break;
  case 4:
    k = below(state, sizeof words / sizeof words[0]);
    insert_bytes(t, at, words[k], strlen(words[k]));
    break;
  case 5: /* cut short */
    if (k < 4) t->n = at;
    break;
  case 6: /* go on with another file */
    other = (int)below(state, (size_t)c->n_files);
    k = below(state, c->n[other] + 1);
    t->n = at;
    insert_bytes(t, at, c->bytes[other] + k, c->n[other] - k);
    break;
  default: /* a field of four bytes */
    for (k = 0; k < 4 && k < left; k++)
      t->p[at + k] = marks[below(state, 5)];
    break;
  }
}

static int replay(int target)
{
  corpus c;
  uint64_t state = aus_crc32c(0, targets[target].name, strlen(targets[target].name));
  text t = {malloc(MOST_BYTES), 0};
  int i, k;

  fuzz_check(t.p);
  blame(targets[target].name);
  corpus_read(&c, targets[target].name);
  run_one(targets[target].call, t.p, 0);
  for (i = 0; i < c.n_files; i++)
    run_one(targets[target].call, (const uint8_t *)c.bytes[i], c.n[i]);
  for (i = 0; c.n_files > 0 && i < N_MUTATIONS; i++) {
    const int from = i % c.n_files;

    t.n = c.n[from] < MOST_BYTES ? c.n[from] : MOST_BYTES;
    memcpy(t.p, c.bytes[from], t.n);
    for (k = (int)below(&state, 4); k >= 0; k--)
      mutate(&t, &c, &state);
    run_one(targets[target].call, t.p, t.n);
  }
  printf("%s %d - %s: %d files, %d mutations\n", c.n_files > 0 ? "ok" : "not ok", target + 1,
         targets[target].name, c.n_files, i);
  fflush(stdout);
  i = c.n_files;
  corpus_free(&c);
  free(t.p);
  return i > 0;
}

static int replay_files(const char *name, int n, char *const *path)
{
  int target, i;
  char *bytes = NULL;
  size_t size;
  aus_err err = {0};

  for (target = 0; target < N_TARGETS && strcmp(targets[target].name, name) != 0; target++)
    continue;
  for (i = 0; target < N_TARGETS && i < n; i++) {
    if (aus_file_read(path[i], &bytes, &size, &err) != AUS_OK) {
      fprintf(stderr, "%s\n", err.text);
      return 0;
    }
    run_one(targets[target].call, (const uint8_t *)bytes, size);
    aus_free(bytes);
  }
  return target < N_TARGETS;
}

int main(int argc, char **argv)
{
  int i, good = 1;

  aus_log_start(0, AUS_LOG_ERROR, NULL);
  if (argc > 2) return replay_files(argv[1], argc - 2, argv + 2) ? 0 : 1;
  printf("1..%d\n", (int)N_TARGETS);
  for (i = 0; i < N_TARGETS; i++)
    good &= replay(i);
  return good ? 0 : 1;
}
