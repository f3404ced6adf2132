/* serverless/kernel.h - private: state of a run, and the event queue of the reference's kernel.
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two kernels drive the same state: the reference's event loop (D2, below) and the clean one (clean.h).
 *
 * Processes of the reference system are written as chains of small functions, one per event that
 * resumes the process; an event is (kind, index). Events at the current time wait in two rings
 * (priority 0 = process starts, 1 = everything else), later ones in a heap. Two shortcuts keep the
 * exact order of events at a fraction of the cost:
 *
 * - aus_soon(): when nothing else waits at this time, the event would be the next one anyway, and
 *   the caller goes on directly (only allowed as the last act of a function);
 * - aus_noop(): an event without a listener is only observable by a STEP that meets it, so it is
 *   put into the ring only while an event that leads to a STEP is waiting there.
 */
#ifndef AUS_SERVERLESS_KERNEL_H
#define AUS_SERVERLESS_KERNEL_H

#include "serverless/policies.h"
#include "util/heap.h"

/* In three groups: sim_proc.c up to the scheduler, sim_scale.c from the monitor, sim_platform.c from the
 * platforms on. */
typedef enum aus_ev_kind {
  AUS_EV_NOOP,
  AUS_EV_END,
  /* gateway and workflows; index = task */
  AUS_EV_GW_START,
  AUS_EV_GW_ARRIVE,
  AUS_EV_GW_DISPATCHED,
  AUS_EV_GW_PUT,
  AUS_EV_WF_START,
  AUS_EV_WF_DISPATCHED,
  AUS_EV_WF_PUT,
  /* scheduler; index = task where one is needed */
  AUS_EV_SC_START,
  AUS_EV_SC_TASK,
  AUS_EV_SC_MUTEX,
  AUS_EV_SC_POSTPONED,
  AUS_EV_SC_GIVEN_UP,
  AUS_EV_SC_PLACE,
  AUS_EV_SC_LOOK, /* HRC placement: got a storage */
  AUS_EV_SC_LOOKED,
  AUS_EV_SC_PLACED,
  AUS_EV_SC_NODE,
  AUS_EV_SC_PLATFORM,
  AUS_EV_SC_RELEASED,
  AUS_EV_SC_QUEUED,
  AUS_EV_SC_SCHEDULED,
  AUS_EV_SC_PLATFORM_PUT,
  AUS_EV_SC_NODE_PUT,
  /* monitor */
  AUS_EV_MO_START,
  AUS_EV_MO_MUTEX,
  AUS_EV_MO_PUT,
  AUS_EV_MO_TIMER,
  /* autoscaler */
  AUS_EV_AS_START,
  AUS_EV_AS_MUTEX,
  AUS_EV_AS_LEVEL,
  AUS_EV_AS_LEVEL_END,
  AUS_EV_AS_PUT,
  AUS_EV_AS_TIMER,
  /* policy calls: create_first_replica, scale_up, create_replica, scale_down, remove_replica */
  AUS_EV_CF_START,
  AUS_EV_CF_END,
  AUS_EV_SU_START,
  AUS_EV_SU_END,
  AUS_EV_CR_START,
  AUS_EV_CR_END,
  AUS_EV_SD_START,
  AUS_EV_SD_END,
  AUS_EV_RR_START,
  AUS_EV_RR_END,
  /* platforms; index = platform */
  AUS_EV_PL_READY, /* an `initialized` event; its number and listeners are in the upper bits of kind */
  AUS_EV_PL_TASK,
  AUS_EV_PL_ARRIVED,
  AUS_EV_PL_WARM,
  AUS_EV_PL_INPUT,
  AUS_EV_PL_INPUT_PUT,
  AUS_EV_PL_STARTED,
  AUS_EV_PL_READ,
  AUS_EV_PL_COMPUTED,
  AUS_EV_PL_OUTPUT,
  AUS_EV_PL_OUTPUT_PUT,
  AUS_EV_PL_WRITTEN,
  AUS_EV_PL_DONE,
  /* replica initialisation; index = instance */
  AUS_EV_RI_START,
  AUS_EV_RI_STORAGE,
  AUS_EV_RI_STORAGE_PUT,
  AUS_EV_RI_PULLED
} aus_ev_kind;

enum { AUS_EV_KIND_MASK = 0xff, AUS_EV_READY_BEFORE = 0x100, AUS_EV_READY_SHIFT = 9 };

typedef struct aus_ev {
  uint32_t kind;
  int32_t i;
} aus_ev;

typedef struct aus_ring {
  aus_ev *ev;
  uint32_t head, tail, mask; /* capacity mask + 1 */
} aus_ring;

/* Processes that take the mutex, in the words of the queue of waiting ones. */
typedef enum aus_holder {
  AUS_HOLD_MONITOR,
  AUS_HOLD_AUTOSCALER,
  AUS_HOLD_SCHEDULER,
  AUS_N_HOLDERS
} aus_holder;

typedef enum aus_stage {
  AUS_STAGE_NONE,
  AUS_STAGE_DISPATCHED,
  AUS_STAGE_SCHEDULED,
  AUS_STAGE_ARRIVED,
  AUS_STAGE_STARTED,
  AUS_STAGE_DONE
} aus_stage;

typedef struct aus_task {
  int32_t app, function; /* application = index of the trace event; task type */
  int32_t pos;           /* position in topological order */
  int32_t platform;      /* chosen, -1 before */
  int32_t storage;       /* where its output is, -1: nowhere */
  int32_t next;          /* in the platform's queue */
  int32_t postponed;
  int32_t missing; /* clean kernel: predecessors that are not done */
  int32_t left;    /* of an application's first task: its tasks that are not done */
  uint8_t stage, cold_started;
} aus_task;

enum { AUS_READY_PENDING, AUS_READY_TRIGGERED, AUS_READY_PROCESSED };

typedef struct aus_plat {
  int32_t node, type;
  int32_t rank;     /* place among equals: its id, see sim_order.c */
  int32_t function; /* whose replica it is, -1: free */
  int32_t n_given;  /* tasks since it became this replica (rr) */
  int32_t slot;     /* leaf in the function's tree */
  int32_t q_head, q_tail;
  int32_t q_len;       /* queued tasks; D33 clear: and the running one */
  int32_t taking;      /* task taken from the queue */
  int32_t current;     /* the same once it has arrived, else -1 */
  int32_t previous;    /* function of the last task, -1 */
  int32_t in, out;     /* storages */
  uint32_t ready;      /* number of the `initialized` event, changed when the replica is removed */
  uint32_t wait_ready; /* the one the process waits for */
  uint8_t ready_state, waits_ready, waits_task, local;
  uint8_t passed; /* clean kernel: may take a task, because its image is there or by D6 */
  int32_t pull;   /* clean kernel: the pull of its image, -1 */
  int32_t entry;  /* first of its contention entries, -1 */
  double pull_begin, pull_end; /* of its last image; the end is infinite while it runs */
  double t0, t1, cold, t_in, t_out;
  double idle_since, load_time, storage_time;
} aus_plat;

typedef struct aus_node_state {
  int32_t first, n;     /* platforms */
  int32_t s_first, s_n; /* storages; those nobody has taken: sim->present[s_first ..] */
  int32_t n_present;
  int32_t wait_head, wait_tail; /* getters */
  int32_t available;            /* platforms without a replica */
  int32_t remote, local;        /* first storage of the kind in file order */
  int32_t pull_head;            /* pulls that share the node's bandwidth, by their ends */
  int32_t timed_head;           /* pulls whose end is known */
  int32_t n_pulls;              /* transfers: those in pull_head that have not joined another */
  uint32_t pull_plan;           /* number of the planned end that is valid */
  double pulled_gb, t_pulled;   /* by each pull since the node was last without one, at a time */
  int64_t cache_hits;
  double memory_gb, free_memory_gb;
  bool unused;
} aus_node_state;

typedef struct aus_disk {
  int32_t node, type;
  bool remote, present;
  double read_bps, write_bps;         /* bytes per s: MiB/s x 1048576 */
  double net_read_bps, net_write_bps; /* the same, not above the network's bandwidth */
  double read_latency_s, write_latency_s, pull_gb_per_s, capacity_gb;
  double used, written, erased; /* bytes */
  int64_t n_data, n_failed;
  int32_t *image; /* function x platform type, oldest first */
  int64_t n_images, cap_images;
} aus_disk;

/* A process that waits for a storage of a node. Platforms have the numbers 0 .. n_plats - 1, the
 * placement n_plats, initialisations the ones behind. */
typedef struct aus_getter {
  int32_t next, want, got;
  uint32_t kind; /* event that resumes it */
} aus_getter;

enum { AUS_WANT_REMOTE = -1, AUS_WANT_LOCAL = -2 }; /* else the number of a storage */

typedef struct aus_init {
  int32_t platform, function;
  int32_t next_free;
  double dur;
  /* clean kernel */
  int32_t next; /* in the node's list of pulls */
  double t_begin, t_end;
  double end_gb; /* the transfer ends when the node's pulled_gb is there */
  bool transferring, prefetch;
  bool joined; /* waits for another's pull of the same image */
} aus_init;

typedef struct aus_entry { /* contention of a replica, in order of insertion per function */
  double value;
  int32_t function, platform, previous, next;
  int32_t chain; /* next entry of the same platform, or next free one */
} aus_entry;

enum { AUS_WINDOW = 6 }; /* samples, one per s */

typedef struct aus_function {
  int32_t n_replicas;
  int32_t *replica; /* platforms by rank */
  int64_t cap;
  uint64_t *tree; /* winners over (queue length, rank); leaves from tree_size on */
  int64_t cap_tree;
  int32_t tree_size;
  int64_t queued; /* sum of queue lengths over the replicas */
  int32_t entry_head, entry_tail;
  double last_forced;
  int64_t in_flight;         /* calls dispatched and not done */
  double t_traffic;          /* last time a call was dispatched or done */
  double window[AUS_WINDOW]; /* concurrency at the last samples (D3 clear) */
  aus_heap waiting;          /* clean kernel: tasks without a replica */
  int64_t n_freed;           /* the sim's count when a first replica was last refused */
} aus_function;

typedef struct aus_sums { /* k-fold sums of one number, left to right */
  double *v;
  int64_t n, cap;
} aus_sums;

typedef struct aus_app_tables {
  int n;
  int *function;          /* task types in topological order */
  int *dep_begin, *dep;   /* topological positions, list order of the file */
  int *succ_begin, *succ; /* ascending */
} aus_app_tables;

struct aus_serverless_sim {
  /* clock and events */
  double now;
  aus_ring ring[2];
  aus_heap heap;
  bool
      spent; /* the heap's first item is the event being processed: the next one may take its place */
  uint64_t seq;
  int64_t n_events;
  int literal;       /* 1: take no shortcut (tests compare the two ways) */
  int stepping;      /* depth of STEPs */
  int steps_waiting; /* events in ring 1 that lead to a STEP */
  bool stop, stalled;
  int rc;
  aus_err *err;
  double t_progress;

  /* input of the run */
  const aus_serverless_types *types;
  const aus_serverless_infra *infra;
  const aus_serverless_trace *trace;
  aus_serverless_policy policy;
  const aus_predict *predict;

  /* tables; function x platform type unless said otherwise */
  int n_functions, n_types;
  aus_app_tables *app;
  double *exec_s, *cold_s, *image_gb, *energy_kwh, *memory_gb, *target;
  aus_sums *exec_sums;
  int n_ranks;
  int *rank; /* of a QoS type's deviation; equal ones share it */

  /* state */
  aus_task *task;
  int64_t n_tasks, cap_tasks;
  int32_t *first; /* first task of each request, n + 1 */
  int64_t cap_first;
  int64_t i_event; /* requests taken from the trace; the gateway takes one before it waits for it */
  int64_t n_arrived; /* requests whose tasks exist */
  int64_t drain;     /* task whose end the gateway waits for; -1 while there are arrivals */
  int64_t n_done;    /* clean kernel: tasks */
  int64_t n_freed;   /* clean kernel: replicas removed */
  int64_t n_samples; /* of the monitor */
  aus_plat *plat;
  int32_t n_plats;
  int64_t cap_plats;
  int32_t *candidate; /* platforms in the order in which free ones are looked at */
  int32_t *node_order;
  int *type_rank;
  int64_t *permutation;
  int64_t cap_candidates, cap_node_order, cap_permutation;
  int32_t *by_rank;    /* platforms */
  bool counts_ranks;   /* the next one is kept */
  int32_t *rank_count; /* platform x rank of a QoS: queued tasks */
  int64_t cap_rank_count, cap_by_rank;
  aus_node_state *node;
  int32_t n_nodes;
  int64_t cap_nodes;
  aus_disk *disk;
  int32_t n_disks;
  int64_t cap_disks;
  int32_t *present;
  int64_t cap_present;
  aus_getter *getter;
  int64_t cap_getters;
  aus_init *init;
  int32_t n_inits, free_init;
  int64_t cap_inits;
  aus_function *function;
  aus_entry *entry;
  int32_t n_entries, free_entry;
  int64_t cap_entries;
  int32_t *n_by_type;    /* function x platform type: replicas */
  double *hw_contention; /* the same: HRO, HRC */
  int32_t *n_free;       /* per platform type: platforms without a replica */
  int64_t n_replicas;
  double t_replicas;

  /* policies */
  aus_forecaster forecast;
  aus_kpa *kpa; /* per function */
  aus_het het;

  /* the scheduler's task list */
  aus_heap pending;      /* fifo, naive_least_penalty */
  int32_t *pending_list; /* least_penalty: in list order (D14) or a heap */
  int64_t n_pending, cap_pending;
  bool scheduler_waits;

  /* mutex */
  bool mutex_free;
  int n_waiting;
  aus_holder waiting[AUS_N_HOLDERS];

  /* process variables: monitor, scheduler, autoscaler, policy calls (one at a time) */
  double mo_window, mo_step;
  int32_t sc_task, sc_platform, sc_look;
  int as_function, n_diff, i_diff;
  bool as_force;
  int *diff_type; /* platform type, -1: any */
  double *diff;
  struct {
    int function, type; /* -1: any */
    bool by_scheduler;  /* create_first_replica was called by the scheduler */
    bool by_first;      /* scale_up was called by create_first_replica */
    bool failed;        /* result of scale_up */
    double count, made;
    int32_t platform; /* result of create_replica and remove_replica, -1: none */
    int n_names, i_name;
    int *name; /* platform types create_first_replica tries */
    int32_t *suitable;
    int64_t n_suitable, cap_suitable;
    int64_t i_suitable; /* where the search goes on (D4 clear) */
  } call;

  /* workspace of scored choices: candidates and up to four criteria */
  int32_t *choice;
  double *score[4];
  int64_t cap_choice;

  /* results */
  aus_serverless_result result;
  int64_t cap_task_rows, cap_app_rows, cap_scale_rows, cap_system_rows, cap_platform_rows,
      cap_storage_rows, cap_image_rows, cap_penalty_rows, cap_sort;
  uint64_t *sort[2];
};

/* Index of a function x platform type table. */
static inline int aus_at(const aus_serverless_sim *s, int f, int type)
{
  return f * s->n_types + type;
}

static inline bool aus_defect(const aus_serverless_sim *s, int number)
{
  return s->policy.defects >> number & 1;
}

/* Queue of events (this file and sim_proc.c). */

/** STEP(): the caller is still running while one event is processed. It must look at `stop` afterwards. */
void aus_serverless_step(aus_serverless_sim *s);
/** Stop the run with this code. */
void aus_serverless_abort(aus_serverless_sim *s, int rc);
void aus_serverless_ring_grow(aus_serverless_sim *s, aus_ring *r);
/** No event before the limits: the clock goes to the limit and the run stops. */
void aus_serverless_stall(aus_serverless_sim *s);

static inline bool aus_busy(const aus_serverless_sim *s)
{
  return (s->ring[0].head ^ s->ring[0].tail) | (s->ring[1].head ^ s->ring[1].tail) |
         (unsigned)s->stepping;
}

static inline void aus_ring_push(aus_serverless_sim *s, int priority, uint32_t kind, int32_t i)
{
  aus_ring *r = &s->ring[priority];

  if (r->tail - r->head > r->mask) aus_serverless_ring_grow(s, r);
  r->ev[r->tail++ & r->mask] = (aus_ev){kind, i};
}

/* An event at (now, 1): true when it is the next one and the caller must go on with it at once. */
static inline bool aus_soon(aus_serverless_sim *s, uint32_t kind, int32_t i)
{
  if (!aus_busy(s)) {
    s->n_events++;
    return true;
  }
  aus_ring_push(s, 1, kind, i);
  return false;
}

/* start(P): true when the process begins at once. */
static inline bool aus_start(aus_serverless_sim *s, uint32_t kind, int32_t i)
{
  if (s->ring[0].head == s->ring[0].tail && !s->stepping) {
    s->n_events++;
    return true;
  }
  aus_ring_push(s, 0, kind, i);
  return false;
}

/* An event without a listener. */
static inline void aus_noop(aus_serverless_sim *s)
{
  if (s->steps_waiting)
    aus_ring_push(s, 1, AUS_EV_NOOP, 0);
  else
    s->n_events++;
}

/* timeout(d): true as for aus_soon(). */
static inline bool aus_delay(aus_serverless_sim *s, double d, uint32_t kind, int32_t i)
{
  double t = s->now + d;
  aus_heap_item x;
  int rc;

  if (t <= s->now) return aus_soon(s, kind, i);
  x = (aus_heap_item){t, s->seq++, (uint64_t)kind << 32 | (uint32_t)i};
  if (s->spent) {
    s->spent = false;
    aus_heap_replace(&s->heap, x);
    return false;
  }
  rc = aus_heap_push(&s->heap, x, s->err);
  if (rc != AUS_OK) aus_serverless_abort(s, rc);
  return false;
}

/* Largest execution time of a task's function x the deviation its QoS permits. */
static inline double aus_task_deadline(const aus_serverless_sim *s, int32_t t)
{
  const aus_task *task = &s->task[t];

  return s->types->task[task->function].max_exec_s *
         s->types->qos[s->trace->qos[task->app]].max_duration_deviation;
}

/* What waiting tasks are ordered by; ties go by the order in which they began to wait. */
static inline double aus_pending_key(const aus_serverless_sim *s, int32_t t)
{
  if (s->policy.priority == AUS_SERVERLESS_FIFO) return s->task[t].app;
  if (s->policy.priority == AUS_SERVERLESS_LEAST_PENALTY) return aus_task_deadline(s, t);
  return s->result.tasks.dispatched[t];
}

/* The reference's least_penalty, which is not an order (D14). */
static inline bool aus_least_penalty_before(const aus_serverless_sim *s, int32_t a, int32_t b)
{
  const double *dispatched = s->result.tasks.dispatched;

  return aus_task_deadline(s, a) < aus_task_deadline(s, b) || dispatched[a] < dispatched[b];
}

static inline bool aus_is_last(const aus_serverless_sim *s, int32_t t)
{
  return t + 1 == s->first[s->task[t].app + 1];
}

static inline double aus_output_bytes(const aus_serverless_sim *s, int32_t t)
{
  const aus_task *task = &s->task[t];

  return s->types->task[task->function].output_bytes[s->trace->app[task->app]];
}

static inline double aus_input_bytes(const aus_serverless_sim *s, int32_t t)
{
  const aus_task *task = &s->task[t];

  return s->types->task[task->function].input_bytes[s->trace->app[task->app]];
}

/* Replicas and queues (sim_state.c). */
/* Of equal queues the clean kernel takes one that may work at once: an idle replica must not be passed
 * over for one whose image is still on its way. In the reference's kernel `passed` is never set. */
static inline uint64_t aus_tree_value(const aus_plat *plat)
{
  return (uint64_t)(uint32_t)plat->q_len << 33 | (uint64_t)!plat->passed << 32 |
         (uint32_t)plat->rank;
}

static inline void aus_tree_set(aus_function *fn, int32_t slot, uint64_t v)
{
  uint64_t *t = fn->tree, w;
  int32_t i = fn->tree_size + slot;

  t[i] = v;
  while (i > 1) {
    w = t[i ^ 1];
    v = v < w ? v : w;
    i >>= 1;
    t[i] = v;
  }
}

/* Add d to the number of tasks of a platform. */
static inline void aus_count_queued(aus_serverless_sim *s, aus_plat *plat, int d)
{
  aus_function *fn;

  plat->q_len += d;
  if (plat->function < 0) return;
  fn = &s->function[plat->function];
  fn->queued += d;
  aus_tree_set(fn, plat->slot, aus_tree_value(plat));
}

/* The platform with the shortest queue; there must be one. */
static inline int32_t aus_shortest(const aus_serverless_sim *s, const aus_function *fn)
{
  return s->by_rank[(uint32_t)fn->tree[1]];
}

/* The same by the urgency of the queued tasks' QoS, which only the HeROs look at. */
static inline void aus_count_rank(aus_serverless_sim *s, int32_t p, int32_t t, int d)
{
  if (s->counts_ranks) s->rank_count[p * s->n_ranks + s->rank[s->trace->qos[s->task[t].app]]] += d;
}

static inline void aus_queue_append(aus_serverless_sim *s, int32_t p, int32_t t)
{
  aus_plat *plat = &s->plat[p];

  if (plat->q_tail >= 0)
    s->task[plat->q_tail].next = t;
  else
    plat->q_head = t;
  plat->q_tail = t;
  aus_count_rank(s, p, t, 1);
  aus_count_queued(s, plat, 1);
}

static inline int32_t aus_queue_take(aus_serverless_sim *s, int32_t p)
{
  aus_plat *plat = &s->plat[p];
  int32_t t = plat->q_head;

  plat->q_head = s->task[t].next;
  if (plat->q_head < 0) plat->q_tail = -1;
  s->task[t].next = -1;
  aus_count_rank(s, p, t, -1);
  if (aus_defect(s, 33)) aus_count_queued(s, plat, -1);
  return t;
}

/* How long the task that is taken now waited for an image: the part of its wait in which its platform
 * pulled; D7: the platform's own wait, whatever the task's. */
static inline void aus_pull_time(aus_serverless_sim *s, const aus_plat *plat)
{
  int32_t t = plat->taking;
  double from, to, pull = plat->t1 - plat->t0;

  if (!aus_defect(s, 7)) {
    from = s->result.tasks.scheduled[t];
    from = from > plat->pull_begin ? from : plat->pull_begin;
    to = s->now < plat->pull_end ? s->now : plat->pull_end;
    pull = to > from ? to - from : 0;
  }
  s->result.tasks.pull[t] = pull;
  s->result.tasks.cache_hit[t] = pull == 0;
}

/* Transfer times of a task. */
static inline double aus_input_s(const aus_serverless_sim *s, int32_t t, const aus_disk *in)
{
  return aus_input_bytes(s, t) / (in->remote ? in->net_read_bps : in->read_bps) +
         in->read_latency_s;
}

/* Limited by the network when the output is remote; D9: when the *input* was. */
static inline double aus_output_s(const aus_serverless_sim *s, int32_t t, const aus_disk *in,
                                  const aus_disk *out)
{
  bool limited = aus_defect(s, 9) ? in->remote : out->remote;

  return aus_output_bytes(s, t) / (limited ? out->net_write_bps : out->write_bps) +
         out->write_latency_s;
}

/** Forget the state of the last run and lay out this one's. */
AUS_CHECKED int aus_serverless_state_reset(aus_serverless_sim *s, aus_err *err);
AUS_CHECKED int aus_serverless_replica_add(aus_serverless_sim *s, int f, int32_t p, aus_err *err);
void aus_serverless_replica_remove(aus_serverless_sim *s, int f, int32_t p);
/** Mean queue length over the replicas of f, 0 without any. */
double aus_serverless_mean_queue(const aus_serverless_sim *s, int f);
/** Contention entry of (f, p), made when it is not there (end of f's list); -1 when out of memory. */
int32_t aus_serverless_entry(aus_serverless_sim *s, int f, int32_t p, aus_err *err);
void aus_serverless_entry_remove(aus_serverless_sim *s, int f, int32_t p);

/* Storages (sim_disk.c). */
bool aus_serverless_cached(const aus_serverless_sim *s, const aus_disk *d, int f, int type);
/** Cache an image; evicts, and counts a failure when nothing is left to evict. */
AUS_CHECKED int aus_serverless_image_add(aus_serverless_sim *s, aus_disk *d, int f, int type,
                                         aus_err *err);
/** Store a task's output on d, or on the node's remote storage when d is full.
 * @return the storage that has it; task.storage is -1 when both are full */
int32_t aus_serverless_data_add(aus_serverless_sim *s, int32_t d, int32_t t, double bytes);
/** Remove the outputs of tasks from .. to - 1 from their storages. */
void aus_serverless_data_forget(aus_serverless_sim *s, int32_t from, int32_t to);
/** True when a storage in the node's list has the image. */
bool aus_serverless_node_cached(const aus_serverless_sim *s, const aus_node_state *node, int f,
                                int type);

/** Make the order of equals for this run (sim_order.c). */
AUS_CHECKED int aus_serverless_order(aus_serverless_sim *s, aus_err *err);
/** least_penalty without D14: pending_list[0 .. n_pending) is a heap by (deadline, dispatch, id), of
 * which the last item is new; take the first one out (sim_order.c). */
void aus_serverless_pending_rise(aus_serverless_sim *s);
int32_t aus_serverless_pending_pop(aus_serverless_sim *s);

/* A call of function f is dispatched (1) or done (-1). */
static inline void aus_traffic(aus_serverless_sim *s, int f, int d)
{
  s->function[f].in_flight += d;
  s->function[f].t_traffic = s->now;
}

/* Policies (sim_policy.c). */

/** Room for n candidates in choice[] and score[][]. */
AUS_CHECKED int aus_serverless_choice_reserve(aus_serverless_sim *s, int64_t n, aus_err *err);
/** The candidate with the smallest weighted sum of the first n_criteria columns scaled to [1, 100]. */
int32_t aus_serverless_best_choice(const aus_serverless_sim *s, int64_t n, int n_criteria,
                                   const double *weight);
AUS_CHECKED int aus_serverless_targets(aus_serverless_sim *s, aus_err *err);
AUS_CHECKED int aus_serverless_level(aus_serverless_sim *s, int f, aus_err *err);
/** Add d replicas of a platform type (-1: any) to what the level asks for. */
void aus_serverless_diff(aus_serverless_sim *s, int type, double d);
void aus_serverless_names(aus_serverless_sim *s, int f);
bool aus_serverless_any_candidate(const aus_serverless_sim *s, int f, int type);
AUS_CHECKED int aus_serverless_choose_new(aus_serverless_sim *s, int f, int type, int32_t *out,
                                          aus_err *err);
int32_t aus_serverless_choose_old(aus_serverless_sim *s);
AUS_CHECKED int aus_serverless_sample(aus_serverless_sim *s, aus_err *err);
/* Placement (sim_place.c). */
AUS_CHECKED int aus_serverless_place(aus_serverless_sim *s, int32_t t, int32_t *out, aus_err *err);
/* HRC's placement in pieces, because it waits for a storage of each replica's node in between. */
AUS_CHECKED int aus_serverless_look_begin(aus_serverless_sim *s, int32_t t, aus_err *err);
AUS_CHECKED int aus_serverless_look(aus_serverless_sim *s, int32_t t, int32_t storage,
                                    aus_err *err);
int32_t aus_serverless_look_end(aus_serverless_sim *s, int32_t t);

/* Left to right, from 0. */
static inline double aus_sum(const double *v, int32_t from, int32_t to)
{
  double sum = 0;
  int32_t i;

  for (i = from; i < to; i++)
    sum += v[i];
  return sum;
}

/* Results (sim_result.c, sim_totals.c). */
AUS_CHECKED int aus_serverless_rows_reserve(aus_serverless_sim *s, aus_err *err);
AUS_CHECKED int aus_serverless_scale_row(aus_serverless_sim *s, int f, int action, aus_err *err);
AUS_CHECKED int aus_serverless_system_row(aus_serverless_sim *s, int f, aus_err *err);
AUS_CHECKED int aus_serverless_finish(aus_serverless_sim *s, aus_err *err);
void aus_serverless_total(aus_serverless_sim *s);
void aus_serverless_rows_fini(aus_serverless_sim *s);

/* Processes in other files. */
void aus_serverless_scale_event(aus_serverless_sim *s, aus_ev ev);
void aus_serverless_platform_event(aus_serverless_sim *s, aus_ev ev);
/** An unused record for the initialisation of a replica of f on p (sim_scale.c). */
AUS_CHECKED int aus_serverless_init_new(aus_serverless_sim *s, int f, int32_t p, int32_t *out);
/** The storage task t reads from on this platform, or AUS_WANT_REMOTE; sets plat->local (sim_platform.c). */
int32_t aus_serverless_find_input(aus_serverless_sim *s, aus_plat *plat, int32_t t);
/** Serve platform p if it waits for a task (its put's event, sim_platform.c). */
void aus_serverless_queue_serve(aus_serverless_sim *s, int32_t p);
/** The gateway's wait for the ends of all tasks, in turn (sim_proc.c). */
void aus_serverless_drain(aus_serverless_sim *s);
/** Serve all processes that wait for a storage of a node, in order (sim_disk.c). */
void aus_serverless_storage_serve_all(aus_serverless_sim *s, aus_node_state *node);

/** Run until the end, a stall, or an error: the reference's event loop (sim_proc.c) and the clean one
 * (sim_clean.c). */
AUS_CHECKED int aus_serverless_loop(aus_serverless_sim *s, const aus_poll *poll);
AUS_CHECKED int aus_serverless_clean_loop(aus_serverless_sim *s, const aus_poll *poll);
/** What tasks that are not done had reached when the clean kernel stalled. */
void aus_serverless_clean_stages(aus_serverless_sim *s);

#endif
