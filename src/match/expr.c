/* match/expr.c - the small language of selection.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Parsing by precedence climbing into an array of nodes; a node names its operands by number.
 */
#include <config.h>

#include "match/expr.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "match/names.h"
#include "util/alloc.h"

enum { MAX_DEPTH = 100, MAX_HEIGHT = 1000 };

typedef enum op {
  NUMBER,
  TEXT,
  NAME,
  NEGATE,
  NOT, /* leaves and signs */
  ADD,
  SUBTRACT,
  MULTIPLY,
  DIVIDE,
  MODULO,
  POWER,
  LESS,
  LESS_EQUAL,
  GREATER,
  GREATER_EQUAL,
  EQUAL,
  NOT_EQUAL,
  AND,
  OR,
  CHOOSE,
  MIN,
  MAX,
  ABS,
  FLOOR,
  CEIL,
  LOG,
  EXP
} op;

typedef struct node {
  op op;
  int a, b, c; /* operands; a: the name's or text's number */
  double x;
  int height; /* operands above one another */
} node;

struct aus_match_expr {
  node *node;
  int64_t n, cap;
  int root;
  aus_match_names names, texts;
};

/* Binary operators; longer ones stand before their beginnings. */
static const struct {
  const char *text;
  op op;
  int level; /* the higher the tighter */
} BINARY[] = {{"||", OR, 1},        {"&&", AND, 2},        {"==", EQUAL, 3},
              {"!=", NOT_EQUAL, 3}, {"<=", LESS_EQUAL, 4}, {">=", GREATER_EQUAL, 4},
              {"<", LESS, 4},       {">", GREATER, 4},     {"+", ADD, 5},
              {"-", SUBTRACT, 5},   {"**", POWER, 8},      {"*", MULTIPLY, 6},
              {"/", DIVIDE, 6},     {"%", MODULO, 6}};

enum { N_BINARY = sizeof BINARY / sizeof *BINARY, SIGN_LEVEL = 7, POWER_LEVEL = 8 };

static const struct {
  const char *name;
  op op;
  int n;
} FUNCTION[] = {{"min", MIN, 2},   {"max", MAX, 2}, {"abs", ABS, 1}, {"floor", FLOOR, 1},
                {"ceil", CEIL, 1}, {"log", LOG, 1}, {"exp", EXP, 1}};

enum { N_FUNCTIONS = sizeof FUNCTION / sizeof *FUNCTION };

typedef struct parser {
  aus_match_expr *e;
  const char *text, *at;
  int depth;
} parser;

static int refuse(const parser *p, aus_err *err, const char *what)
{
  return aus_fail(err, AUS_ECONFIG, AUS_HERE, "expression \"%s\", character %d: %s", p->text,
                  (int)(p->at - p->text) + 1, what);
}

static void skip_blanks(parser *p)
{
  while (isspace((unsigned char)*p->at))
    p->at++;
}

static bool take(parser *p, char c)
{
  skip_blanks(p);
  if (*p->at != c) return false;
  p->at++;
  return true;
}

/* Evaluation is recursive: its depth is bounded here. */
static int height_of(const aus_match_expr *e, const node *x)
{
  int operand[] = {x->a, x->b, x->c}, most = 0, k;

  if (x->op <= NAME) return 1;
  for (k = 0; k < 3; k++)
    if (e->node[operand[k]].height > most) most = e->node[operand[k]].height;
  return most + 1;
}

static int add(parser *p, node x, int *out, aus_err *err)
{
  int rc = AUS_OK;
  aus_match_expr *e = p->e;

  x.height = height_of(e, &x);
  if (x.height > MAX_HEIGHT) return refuse(p, err, "too long");
  AUS_TRY(aus_grow(&e->node, &e->cap, e->n + 1, sizeof *e->node, err));
  *out = (int)e->n;
  e->node[e->n++] = x;
done:
  return rc;
}

static int parse_choice(parser *p, int *out, aus_err *err);

static int parse_number(parser *p, int *out, aus_err *err)
{
  char *end;
  double x = strtod(p->at, &end);

  if (!isfinite(x)) return refuse(p, err, "the number is too large");
  p->at = end;
  if (isalnum((unsigned char)*p->at) || *p->at == '_')
    return refuse(p, err, "text behind a number");
  return add(p, (node){.op = NUMBER, .x = x}, out, err);
}

static int parse_text(parser *p, int *out, aus_err *err)
{
  int rc = AUS_OK;
  char quote = *p->at;
  const char *end = strchr(p->at + 1, quote);
  int32_t id;

  if (!end) return refuse(p, err, "the quote is not closed");
  AUS_TRY(aus_match_names_add(&p->e->texts, p->at + 1, (size_t)(end - p->at - 1), &id, err));
  p->at = end + 1;
  AUS_TRY(add(p, (node){.op = TEXT, .a = id}, out, err));
done:
  return rc;
}

/* Behind a function's name and its parenthesis. */
static int parse_arguments(parser *p, int f, int *out, aus_err *err)
{
  int rc = AUS_OK, k, arg[2] = {0, 0};

  for (k = 0; k < FUNCTION[f].n; k++) {
    if (k > 0 && !take(p, ',')) return refuse(p, err, "expected \",\"");
    AUS_TRY(parse_choice(p, &arg[k], err));
  }
  if (!take(p, ')')) return refuse(p, err, "expected \")\"");
  AUS_TRY(add(p, (node){.op = FUNCTION[f].op, .a = arg[0], .b = arg[1]}, out, err));
done:
  return rc;
}

static int parse_name(parser *p, int *out, aus_err *err)
{
  int rc = AUS_OK, f;
  const char *name = p->at;
  size_t n;
  int32_t id;

  while (isalnum((unsigned char)*p->at) || *p->at == '_' || *p->at == '.')
    p->at++;
  n = (size_t)(p->at - name);
  if (take(p, '(')) {
    for (f = 0; f < N_FUNCTIONS; f++)
      if (strlen(FUNCTION[f].name) == n && strncmp(FUNCTION[f].name, name, n) == 0)
        return parse_arguments(p, f, out, err);
    p->at = name;
    return refuse(p, err, "no such function");
  }
  AUS_TRY(aus_match_names_add(&p->e->names, name, n, &id, err));
  AUS_TRY(add(p, (node){.op = NAME, .a = id}, out, err));
done:
  return rc;
}

static int parse_binary(parser *p, int level, int *out, aus_err *err);

/* A sign, or what needs none. */
static int parse_operand(parser *p, int *out, aus_err *err)
{
  int rc = AUS_OK, a;

  skip_blanks(p);
  if (*p->at == '-' || *p->at == '!') {
    op sign = *p->at++ == '-' ? NEGATE : NOT;

    AUS_TRY(parse_binary(p, SIGN_LEVEL, &a, err));
    AUS_TRY(add(p, (node){.op = sign, .a = a}, out, err));
  } else if (take(p, '(')) {
    AUS_TRY(parse_choice(p, out, err));
    if (!take(p, ')')) rc = refuse(p, err, "expected \")\"");
  } else if (isdigit((unsigned char)*p->at) || *p->at == '.') {
    rc = parse_number(p, out, err);
  } else if (isalpha((unsigned char)*p->at) || *p->at == '_') {
    rc = parse_name(p, out, err);
  } else if (*p->at == '\'' || *p->at == '"') {
    rc = parse_text(p, out, err);
  } else {
    rc = refuse(p, err, *p->at ? "expected a number, a text or a name" : "something is missing");
  }
done:
  return rc;
}

/* The operator that stands here, -1: none. */
static int operator_at(parser *p)
{
  int i, best = -1;

  skip_blanks(p);
  for (i = 0; i < N_BINARY; i++)
    if (strncmp(p->at, BINARY[i].text, strlen(BINARY[i].text)) == 0 &&
        (best < 0 || strlen(BINARY[i].text) > strlen(BINARY[best].text)))
      best = i;
  return best;
}

/* Operators of that level and tighter ones. */
static int parse_binary(parser *p, int level, int *out, aus_err *err)
{
  int rc = AUS_OK, i, right;

  if (++p->depth > MAX_DEPTH) return refuse(p, err, "too deep");
  AUS_TRY(parse_operand(p, out, err));
  while ((i = operator_at(p)) >= 0 && BINARY[i].level >= level) {
    p->at += strlen(BINARY[i].text);
    /* ** groups from the right, and a sign may stand behind it */
    AUS_TRY(parse_binary(p, BINARY[i].level + (BINARY[i].level < POWER_LEVEL), &right, err));
    AUS_TRY(add(p, (node){.op = BINARY[i].op, .a = *out, .b = right}, out, err));
  }
done:
  p->depth--;
  return rc;
}

static int parse_choice(parser *p, int *out, aus_err *err)
{
  int rc = AUS_OK, yes, no;

  if (++p->depth > MAX_DEPTH) return refuse(p, err, "too deep");
  AUS_TRY(parse_binary(p, 1, out, err));
  if (take(p, '?')) {
    AUS_TRY(parse_choice(p, &yes, err));
    if (!take(p, ':')) {
      rc = refuse(p, err, "expected \":\"");
      goto done;
    }
    AUS_TRY(parse_choice(p, &no, err));
    AUS_TRY(add(p, (node){.op = CHOOSE, .a = *out, .b = yes, .c = no}, out, err));
  }
done:
  p->depth--;
  return rc;
}

int aus_match_expr_parse(aus_match_expr **out, const char *text, aus_err *err)
{
  int rc = AUS_OK;
  parser p = {.text = text, .at = text};

  *out = NULL;
  AUS_NEW(p.e, 1, err);
  AUS_TRY(parse_choice(&p, &p.e->root, err));
  skip_blanks(&p);
  if (*p.at) {
    rc = refuse(&p, err, "expected an operator");
    goto done;
  }
  *out = p.e;
  p.e = NULL;
done:
  aus_match_expr_destroy(p.e);
  return rc;
}

void aus_match_expr_destroy(aus_match_expr *e)
{
  if (!e) return;
  aus_free(e->node);
  aus_match_names_fini(&e->names);
  aus_match_names_fini(&e->texts);
  aus_free(e);
}

int aus_match_expr_n_names(const aus_match_expr *e)
{
  return (int)e->names.n;
}

const char *aus_match_expr_name(const aus_match_expr *e, int i)
{
  return e->names.text[i];
}

typedef struct machine {
  const aus_match_expr *e;
  const aus_match_value *value;
} machine;

static const char *eval(const machine *m, int i, aus_match_value *out);

static const char *number(const machine *m, int i, double *x)
{
  aus_match_value v;
  const char *why = eval(m, i, &v);

  *x = v.x;
  if (why) return why;
  return v.kind == AUS_MATCH_NUMBER ? NULL : "a text where a number is needed";
}

static double of_one(op o, double x)
{
  if (o == NEGATE) return -x;
  if (o == NOT) return x == 0.0;
  if (o == ABS) return fabs(x);
  if (o == FLOOR) return floor(x);
  if (o == CEIL) return ceil(x);
  return o == LOG ? log(x) : exp(x);
}

static double of_two(op o, double x, double y)
{
  switch ((int)o) {
  case ADD:
    return x + y;
  case SUBTRACT:
    return x - y;
  case MULTIPLY:
    return x * y;
  case DIVIDE:
    return x / y;
  case MODULO:
    return fmod(x, y);
  case POWER:
    return pow(x, y);
  case LESS:
    return x < y;
  case LESS_EQUAL:
    return x <= y;
  case GREATER:
    return x > y;
  case GREATER_EQUAL:
    return x >= y;
  case MIN:
    return x < y ? x : y;
  default:
    return x > y ? x : y;
  }
}

/* Texts and numbers are never equal. */
static const char *equality(const machine *m, const node *n, double *x)
{
  aus_match_value a, b;
  const char *why = eval(m, n->a, &a);
  bool same;

  if (why || (why = eval(m, n->b, &b))) return why;
  same = a.kind == b.kind && (a.kind == AUS_MATCH_TEXT ? strcmp(a.text, b.text) == 0 : a.x == b.x);
  *x = same == (n->op == EQUAL);
  return NULL;
}

/* && and ||: the left side may decide. */
static const char *logic(const machine *m, const node *n, double *x)
{
  const char *why = number(m, n->a, x);

  if (why) return why;
  *x = *x != 0.0;
  if ((*x != 0.0) == (n->op == OR)) return NULL;
  if ((why = number(m, n->b, x))) return why;
  *x = *x != 0.0;
  return NULL;
}

static const char *arithmetic(const machine *m, const node *n, double *x)
{
  double y = 0.0;
  const char *why = number(m, n->a, x);

  if (why) return why;
  if (n->op == NEGATE || n->op == NOT || n->op >= ABS) {
    *x = of_one(n->op, *x);
  } else {
    if ((why = number(m, n->b, &y))) return why;
    if ((n->op == DIVIDE || n->op == MODULO) && y == 0.0) return "division by zero";
    *x = of_two(n->op, *x, y);
  }
  return isfinite(*x) ? NULL : "the result is not finite";
}

static const char *eval(const machine *m, int i, aus_match_value *out)
{
  const node *n = &m->e->node[i];
  double x = 0.0;
  const char *why;

  *out = (aus_match_value){.kind = AUS_MATCH_NUMBER, .x = n->x};
  if (n->op == NUMBER) return NULL;
  if (n->op == TEXT) {
    *out = (aus_match_value){.kind = AUS_MATCH_TEXT, .text = m->e->texts.text[n->a]};
    return NULL;
  }
  if (n->op == NAME) {
    *out = m->value[n->a];
    return out->kind == AUS_MATCH_NONE ? "a name that is not there" : NULL;
  }
  if (n->op == CHOOSE) {
    why = number(m, n->a, &x);
    return why ? why : eval(m, x != 0.0 ? n->b : n->c, out);
  }
  if (n->op == EQUAL || n->op == NOT_EQUAL)
    why = equality(m, n, &x);
  else if (n->op == AND || n->op == OR)
    why = logic(m, n, &x);
  else
    why = arithmetic(m, n, &x);
  out->x = x;
  return why;
}

const char *aus_match_expr_eval(const aus_match_expr *e, const aus_match_value *value,
                                aus_match_value *out)
{
  const machine m = {e, value};

  return eval(&m, e->root, out);
}
