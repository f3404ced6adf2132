#!/usr/bin/env python3
# kill.py - kill runs of a study at pseudo-random times, run them again until done, compare the files.
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: kill.py --work DIR [--ranks N] [--then N] [--runs N] [--seed N] [--victim job|worker] [--at C:I,...] --
  auspex run STUDY ...

Runs the command once without disturbance (with -o and, for more than one rank, mpirun put around it),
then --runs times with kills: SIGKILL of the whole job, or of one rank other than 0 under mpirun
--enable-recovery, one to three times in each run; then the same command until it ends by itself.
--ranks 0 is one process without mpirun. A worker is killed only once tasks are dealt out: nobody can
survive that inside MPI_Init. With --at the job is killed once for each C:I, as soon as the journal says that
task I of campaign C was given to a worker. --then is the number of ranks of all starts after the first kill. A job
that hangs is killed and run again; "hangs" are counted, and they fail
the test unless all ranks were writing the result together or leaving MPI.

Each of them must end with the same file outside /provenance as the undisturbed run, without its
directory, and must have gone on with its journal: records that were there after a kill are there at
the end. One line "ok"/"not ok" of TAP per run, numbered from --first; exit status 1 if one failed.
"""
import argparse
import atexit
import ctypes
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SAME = os.path.join(HERE, "..", "h5", "same.py")
MAX_STARTS = 30
LIMIT_S, TOGETHER_S = 300, 60  # of one start
TOGETHER = ("publishing", "left")
PR_SET_CHILD_SUBREAPER = 36
HEADER, FRAME, START = 64, 20, 3


class Failed(Exception):
    pass


def processes(session):
    """{pid: rank, "" where it is none} of what lives in a session (children change their group)."""
    found = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            if int(fields[3]) != session or fields[0] in "ZX":
                continue
            with open(f"/proc/{name}/environ", "rb") as f:
                values = dict(v.split(b"=", 1) for v in f.read().split(b"\0") if b"=" in v)
        except OSError:
            continue
        found[int(name)] = values.get(b"OMPI_COMM_WORLD_RANK", b"").decode()
    return found


def kill_one(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def kill_job(job):
    """Everything that this start has made, and what is made meanwhile."""
    atexit.unregister(kill_job)
    while True:
        alive = processes(job.pid)
        if not alive:
            break
        for pid in alive:
            kill_one(pid)
        time.sleep(0.01)
    job.wait()


def kill_worker(job, rng):
    workers = sorted(pid for pid, rank in processes(job.pid).items() if rank not in ("", "0"))
    if workers:
        kill_one(rng.choice(workers))
    return bool(workers)


def reap():
    """Orphans come to this process."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def start(args, out, log, ranks):
    command = args.command + ["-o", out]
    if ranks > 0:
        recovery = ["--enable-recovery"] if args.victim == "worker" else []
        command = [os.environ["AUS_MPIRUN"], "--oversubscribe"] + recovery + ["-n", str(ranks)] + command
    env = {k: v for k, v in os.environ.items() if not k.startswith("SLURM_")}
    # What a killed job leaves behind goes away with the test's directory.
    env["OMPI_MCA_orte_tmpdir_base"] = env["OMPI_MCA_btl_vader_backing_directory"] = args.tmp
    log.write(f"$ {' '.join(command)}\n")
    log.flush()
    began = time.time()
    job = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                           start_new_session=True)
    job.began = began
    atexit.register(kill_job, job)
    return job


def wait(job, seconds):
    """Exit status, or None when it still runs after that time."""
    try:
        return job.wait(timeout=max(0.0, seconds))
    except subprocess.TimeoutExpired:
        return None


def state_of(job, run_dir):
    """What the status file of this start says; "left" when the result is there and the directory is not."""
    if not os.path.exists(run_dir) and os.path.exists(run_dir[:-4] + ".h5"):
        return "left"
    try:
        with open(os.path.join(run_dir, "status.json")) as f:
            return json.load(f)["state"] if os.fstat(f.fileno()).st_mtime >= job.began else "unknown"
    except (OSError, ValueError, KeyError):
        return "unknown"


def finish(job, run_dir):
    """Exit status; None when it had to be killed: after LIMIT_S, TOGETHER_S of them where all must be there."""
    end, since = time.monotonic() + LIMIT_S, None
    while job.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
        if state_of(job, run_dir) not in TOGETHER:
            since = None
        elif since is None:
            since = time.monotonic()
        elif time.monotonic() - since > TOGETHER_S:
            break
    status = job.poll()
    kill_job(job)
    return status


def records(path):
    """Bytes of the whole records of a journal (the file may end in half of one)."""
    try:
        with open(path, "rb") as f:
            data = f.read()
    except FileNotFoundError:
        return b""
    at = HEADER
    while at + FRAME <= len(data):
        n = struct.unpack_from("<I", data, at)[0] + FRAME
        if at + n > len(data):
            break
        at += n
    return data[:at] if len(data) >= HEADER else b""


def given(journal, task):
    """Does the journal say that (index, campaign) was given to a worker?"""
    data, at = records(journal), HEADER
    while at < len(data):
        n, kind = struct.unpack_from("<IH", data, at)
        if kind == START and struct.unpack_from("<II", data, at + FRAME - 4) == task:
            return True
        at += n + FRAME
    return False


def disturb_at(job, task, journal):
    """Kill the job where it has come to a task: (exit status or None, kills)."""
    end = time.monotonic() + LIMIT_S
    while job.poll() is None and time.monotonic() < end:
        if given(journal, task):
            kill_job(job)
            return None, 1
        time.sleep(0.01)
    return job.poll(), 0


def started(job, run_dir):
    """Wait until rank 0 deals out tasks: before that all ranks need each other."""
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end and job.poll() is None and state_of(job, run_dir) in ("unknown", "starting"):
        time.sleep(0.01)


def disturb(args, job, rng, run_dir, usual_s):
    """Kill something after a while: (exit status or None, kills)."""
    if args.victim == "job":
        status = wait(job, rng.uniform(0.1, usual_s))
        if status is None:
            kill_job(job)
        return status, int(status is None)
    t = time.monotonic()
    started(job, run_dir)
    left = usual_s - (time.monotonic() - t)
    status = wait(job, rng.uniform(0.0, max(0.1, left)))
    return status, int(status is None and kill_worker(job, rng))


def disturbed(args, number, usual_s, log):
    """One run; returns (kills, starts, hangs, bytes of the journal that the last start found)."""
    rng = random.Random(f"{args.seed} {args.victim} {args.ranks} {number}")
    out = os.path.join(args.work, f"{number}.h5")
    run_dir, kept = out[:-3] + ".run", os.path.join(args.work, f"{number}.journal")
    journal = os.path.join(run_dir, "journal.ausj")
    n_wanted, n_kills, n_hangs, before = len(args.at) or rng.randint(1, 3), 0, 0, b""
    for n_starts in range(1, MAX_STARTS + 1):
        job = start(args, out, log, args.ranks if n_kills == 0 else args.then)
        if n_kills == n_wanted:
            status, n = None, 0
        elif args.at:
            status, n = disturb_at(job, args.at[n_kills], journal)
        else:
            status, n = disturb(args, job, rng, run_dir, usual_s)
        n_kills += n
        if status is None and not (n and args.victim == "job"):
            status = finish(job, run_dir)
            n_hangs += status is None
            if status is None and state_of(job, run_dir) not in TOGETHER:
                raise Failed(f"start {n_starts}, state {state_of(job, run_dir)}: still running after {LIMIT_S} s")
        kill_job(job)
        reap()
        log.write(f"start {n_starts}: {n} killed, exit status {status}\n")
        log.flush()
        if status not in (None, 0, 75) and n == 0:
            raise Failed(f"start {n_starts} ended with {status}")
        if os.path.exists(out) and not os.path.exists(run_dir):
            if args.at and n_kills < n_wanted:
                raise Failed(f"it never came to task {args.at[n_kills]}")
            if n_kills > 0:
                break
            os.unlink(out)  # it was faster than the undisturbed run: once more
            usual_s *= 0.7
        now = records(journal)
        if os.path.exists(out) and not now:  # killed while a finished run removed its directory
            before = b""
            continue
        if not now.startswith(before):
            raise Failed(f"start {n_starts} lost records of the journal")
        before = now
        if now and not os.path.exists(kept):
            os.link(journal, kept)  # the last start removes the name, not the file
    else:
        raise Failed(f"not done after {MAX_STARTS} starts")
    if before and not (records(kept).startswith(before) and len(records(kept)) > len(before)):
        raise Failed("the last start did not go on with the journal")
    return n_kills, n_starts, n_hangs, len(before)


def compare(args, number):
    said = subprocess.run([sys.executable, SAME, os.path.join(args.work, "whole.h5"),
                           os.path.join(args.work, f"{number}.h5")], capture_output=True, text=True)
    if said.returncode != 0:
        raise Failed(said.stdout.strip() + said.stderr.strip())


def one_run(args, number, usual_s):
    """(kills, hangs, bytes gone on with, worked)"""
    log_path = os.path.join(args.work, f"{number}.log")
    try:
        with open(log_path, "w") as log:
            kills, starts, hangs, n = disturbed(args, number, usual_s, log)
        compare(args, number)
    except Failed as e:
        print(f"not ok {args.first + number} - {args.title}, run {number}: {e}")
        with open(log_path) as log:
            print("".join(f"# {line}" for line in log.readlines()[-60:]), end="", flush=True)
        return 0, 0, 0, False
    print(f"ok {args.first + number} - {args.title}, run {number}")
    print(f"# {kills} kills, {starts} starts, {hangs} hangs, {n} bytes of journal at the last start", flush=True)
    return kills, hangs, n, True


def tasks(text):
    """"C:I,C:I" as pairs (index, campaign)."""
    return [tuple(int(n) for n in reversed(task.split(":"))) for task in text.split(",")]


def stop(number, frame):
    sys.exit(128 + number)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--work", required=True)
    p.add_argument("--ranks", type=int, default=3)
    p.add_argument("--then", type=int, help="ranks after the first kill (default: the same)")
    p.add_argument("--at", type=tasks, default=[])
    p.add_argument("--runs", type=int, default=3)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--first", type=int, default=1, help="number of the first line of TAP")
    p.add_argument("--victim", choices=("job", "worker"), default="job")
    p.add_argument("command", nargs="+")
    args = p.parse_args()
    args.title = f"{args.victim} killed at {args.ranks} ranks" if args.ranks > 0 else "killed without mpirun"
    if args.then is None:
        args.then = args.ranks
    else:
        args.title += f", resumed at {args.then}"
    for index, campaign in args.at:
        args.title += f", at {campaign}:{index}"
    args.tmp = os.path.join(args.work, "t")
    os.makedirs(args.tmp)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)

    with open(os.path.join(args.work, "whole.log"), "w") as log:
        t = time.monotonic()
        status = finish(start(args, os.path.join(args.work, "whole.h5"), log, args.ranks),
                        os.path.join(args.work, "whole.run"))
        usual_s = time.monotonic() - t
    print(f"{'ok' if status == 0 else 'not ok'} {args.first} - {args.title}: the undisturbed run", flush=True)
    if status != 0:
        with open(os.path.join(args.work, "whole.log")) as log:
            print("".join(f"# {line}" for line in log), end="")
        return 1
    done = [one_run(args, i, usual_s) for i in range(1, args.runs + 1)]
    kills, hangs, n, worked = (sum(column) for column in zip(*done))
    print(f"# {kills} kills, {hangs} hangs in {args.runs} runs; undisturbed {usual_s:.1f} s")
    shutil.rmtree(args.work, ignore_errors=True)
    if kills == 0 or (n == 0 and args.victim == "job"):
        print("# no run was killed, or none went on with a journal: nothing was shown")
        return 1
    return 0 if worked == args.runs else 1


if __name__ == "__main__":
    sys.exit(main())
