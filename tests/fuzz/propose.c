/* propose.c - fuzz: proposals of the optimiser, from requests to replies.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bytes as a request with a frame that fits. Requests of a few points are answered: a reply belongs to its
 * request, its point lies in the space and was not there before, and the same request has the same reply.
 */
#include <config.h>

#include <math.h>

#include "design/bo_impl.h"
#include "fuzz/fuzz.h"

enum { MOST_POINTS = 14, MOST_DIMENSIONS = 6, MOST_RESTARTS = 3 };

static bool small(const aus_bo_ask *ask)
{
  return ask->index + ask->n_base <= MOST_POINTS && ask->map.n_x <= MOST_DIMENSIONS &&
         ask->n_value <= MOST_DIMENSIONS && ask->conf.restarts <= MOST_RESTARTS;
}

static void check_point(const aus_bo_ask *ask, const aus_bo_answer *a)
{
  int i;

  fuzz_check(a->campaign == ask->campaign && a->index == ask->index);
  if (a->exhausted) return;
  fuzz_check(!aus_bo_used(ask, a->point->value));
  for (i = 0; i < ask->n_value; i++) {
    const aus_param *p = aus_space_param(ask->space, i);
    double upper = p->kind == AUS_P_FIXED ? p->lower : p->upper;

    fuzz_check(a->point->value[i] >= p->lower - 1e-9 && a->point->value[i] <= upper + 1e-9);
  }
}

static void check_reply(const aus_bo_ask *ask, const aus_buf *reply)
{
  aus_bo_answer a = {0};
  aus_err err = {0};
  int n_theta = ask->map.n_x + 2;

  if (fuzz_must(
          aus_bo_point_create(&a.point, aus_space_n_unit(ask->space), ask->n_value, n_theta, &err),
          &err) &&
      fuzz_must(aus_bo_answer_read(&a, ask->n_value, n_theta, reply->data, (size_t)reply->n, &err),
                &err))
    check_point(ask, &a);
  aus_bo_point_destroy(a.point);
}

static bool propose(const aus_buf *request, aus_buf *reply)
{
  aus_err err = {0};
  int rc = aus_bo_propose(request->data, (size_t)request->n, reply, &err);

  if (rc == AUS_EFORMAT || rc == AUS_EDEP) return fuzz_took(rc, &err, rc);
  return fuzz_took(rc, &err, AUS_ENUMERIC);
}

static void answer(const aus_bo_ask *ask, const aus_buf *request)
{
  aus_buf reply, again;

  aus_buf_init(&reply);
  aus_buf_init(&again);
  if (propose(request, &reply)) {
    check_reply(ask, &reply);
    if (propose(request, &again)) fuzz_check(fuzz_same(&again, reply.data, (size_t)reply.n));
  }
  aus_buf_fini(&reply);
  aus_buf_fini(&again);
}

FUZZ_TARGET(propose)
{
  aus_bo_ask ask;
  aus_err err = {0};
  aus_buf request;

  if (n <= 12) return;
  aus_buf_init(&request);
  aus_buf_text(&request, "AUBQ");
  aus_buf_u32(&request, 1);
  aus_buf_bytes(&request, data + 8, n - 12);
  if (fuzz_filled(&request)) aus_buf_u32(&request, aus_crc32c(0, request.data, (size_t)request.n));
  if (fuzz_filled(&request) &&
      fuzz_took(aus_bo_ask_read(&ask, request.data, (size_t)request.n, &err), &err, AUS_EFORMAT)) {
    if (small(&ask)) answer(&ask, &request);
    aus_bo_ask_fini(&ask);
  }
  aus_buf_fini(&request);
}
