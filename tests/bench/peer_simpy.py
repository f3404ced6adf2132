"""peer_simpy.py [CASE...] - the same work in SimPy, for the ratio beside `heap_events` and `serverless_node`.

SPDX-License-Identifier: GPL-3.0-or-later
Prints one JSON line per case, named case:simpy; without SimPy a line that says so.
"""
import json
import random
import statistics
import sys
import time

PENDING = 10000
HOLDS = 200000
REQUESTS = 6000
REPS = 5


def hold():
    """Hold model: 10^4 processes that do nothing but wait, delays drawn beforehand."""
    random.seed(1)
    delays = [random.expovariate(1.0) for _ in range(1 << 16)]
    env = simpy.Environment()
    at = 0

    def process():
        nonlocal at
        while True:
            at = (at + 1) & 0xffff
            yield env.timeout(delays[at])

    for _ in range(PENDING):
        env.process(process())
    for _ in range(PENDING):
        env.step()

    def body():
        for _ in range(HOLDS):
            env.step()
        return HOLDS

    return PENDING, body


def node():
    """Four platforms with queues, shortest queue first, storages taken and given back, 30 requests/s."""

    def body():
        random.seed(1)
        env = simpy.Environment()
        storages = simpy.FilterStore(env)
        storages.items = ['local', 'remote']
        queues = [simpy.Store(env) for _ in range(4)]
        mutex = simpy.Store(env, capacity=1)
        mutex.items = ['state']
        pending = simpy.Store(env)
        done = []

        def gateway():
            for _ in range(REQUESTS):
                yield env.timeout(random.expovariate(30.0))
                task = {'dispatched': env.event(), 'done': env.event(), 't': env.now}
                env.process(recorder(task))
                yield task['dispatched'].succeed()
                yield pending.put(task)

        def recorder(task):
            yield task['dispatched']
            yield task['done']
            done.append(env.now - task['t'])

        def scheduler():
            while True:
                task = yield pending.get()
                state = yield mutex.get()
                queue = min(queues, key=lambda q: len(q.items))
                yield mutex.put(state)
                yield queue.put(task)

        def platform(queue):
            cold = 0.5
            while True:
                task = yield queue.get()
                yield env.timeout(cold)
                cold = 0
                store = yield storages.get(lambda s: s == 'remote')
                yield storages.put(store)
                yield env.timeout(0.002)
                yield env.timeout(0.1)
                store = yield storages.get(lambda s: s == 'local')
                yield storages.put(store)
                yield env.timeout(0.002)
                yield task['done'].succeed()

        env.process(gateway())
        env.process(scheduler())
        for queue in queues:
            env.process(platform(queue))
        env.run()
        return len(done)

    return REQUESTS, body


CASES = {'heap_events': hold, 'serverless_node': node}


def measure(name):
    size, body = CASES[name]()
    body()
    times = []
    for _ in range(REPS):
        begin = time.perf_counter()
        work = body()
        times.append(time.perf_counter() - begin)
    median = statistics.median(times)
    print(json.dumps({'name': name + ':simpy', 'size': size, 'ranks': 1, 'reps': REPS, 'median_s': median,
                      'min_s': min(times), 'max_s': max(times), 'work': work, 'per_s': work / median,
                      'revision': 'simpy ' + simpy.__version__}), flush=True)


names = [n for n in sys.argv[1:] if n in CASES] if len(sys.argv) > 1 else list(CASES)
try:
    import simpy
except ImportError:
    simpy = None
for case in names:
    if simpy is None:
        print(json.dumps({'name': case + ':simpy', 'skipped': 'no python3-simpy3'}), flush=True)
    else:
        measure(case)
