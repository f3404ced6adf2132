#!/bin/sh
# slurm-node.sh - a private Slurm of one node, for tests: munged, slurmctld and slurmd on the loop-back
# address, with everything they write below one directory.
# SPDX-License-Identifier: GPL-3.0-or-later
# Usage: slurm-node.sh start DIR | stop DIR
#
# start: SLURM_CONF=DIR/slurm.conf is what commands then need; status 77 and a reason on stdout where
# Slurm is not installed or does not come up. stop: kills what jobs are left, then the daemons, each by
# its own process id.
set -u
PATH=$PATH:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL
cpus=8 # more than the machine has, for jobs side by side

usage() { echo "usage: slurm-node.sh start DIR | stop DIR" >&2; exit 2; }
[ $# -eq 2 ] || usage
mkdir -p "$2" && dir=$(cd "$2" && pwd) || exit 2
SLURM_CONF=$dir/slurm.conf
export SLURM_CONF

cannot() {
  stop
  echo "$*"
  exit 77
}

# What NAME said last.
last_words() { tail -n 1 "$dir/$1.log" 2>/dev/null; }

# daemon NAME COMMAND...: in the foreground of its own background process, so that its id is known.
daemon() {
  name=$1
  shift
  setsid "$@" >"$dir/$name.log" 2>&1 </dev/null &
  echo $! >"$dir/$name.pid"
}

# Is the process that we started as NAME still there, and still the one?
alive() {
  [ -s "$dir/$1.pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$(cat "$dir/$1.pid")/cmdline" | grep -qF "$dir/"
}

# until_true SECONDS COMMAND...
until_true() {
  left=$(($1 * 10))
  shift
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ $left -gt 0 ] || return 1
    sleep 0.1
  done
}

gone() { ! alive "$1"; }

end() {
  alive "$1" || return 0
  kill "$(cat "$dir/$1.pid")"
  until_true 10 gone "$1" || kill -9 "$(cat "$dir/$1.pid")"
}

queue_empty() { [ -z "$(squeue -h)" ]; }

stop() {
  if alive slurmctld; then
    squeue -h -o %A | sort -u >"$dir/jobs"
    while read -r job; do
      scancel "$job"
      scancel --signal=KILL --full "$job"
    done <"$dir/jobs" >/dev/null 2>&1
    until_true 10 queue_empty
  fi
  for name in slurmd slurmctld munged; do end $name; done
}

# Is one of the ports from $1 on in use?
ports_taken() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v first="$1" -v n=64 '
    function hex(s,  i, v) { for (i = 1; i <= length(s); i++) v = 16 * v + index("123456789ABCDEF", substr(s, i, 1)); return v }
    { k = split($2, a, ":"); p = hex(a[k]); if (p >= first && p < first + n) taken = 1 }
    END { exit !taken }'
}

# 64 ports below the range that the kernel gives away, another place for each process.
find_ports() {
  port=$((10000 + $$ * 64 % 20000))
  tries=0
  while ports_taken $port; do
    port=$((10000 + (port - 10000 + 64) % 20000))
    tries=$((tries + 1))
    [ $tries -lt 300 ] || cannot "no free ports"
  done
}

# A requeued job waits until its credential has expired: 5 s instead of two minutes.
write_conf() {
  host=$(uname -n | cut -d. -f1)
  user=$(id -un)
  cat >"$SLURM_CONF" <<END
ClusterName=auspex
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SrunPortRange=$((port + 2))-$((port + 63))
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.own.pid
SlurmdPidFile=$dir/slurmd.own.pid
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
MpiDefault=pmix
ReturnToService=2
JobRequeue=1
KillWait=30
MailProg=/bin/true
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus Boards=1 SocketsPerBoard=1 CoresPerSocket=$cpus ThreadsPerCore=1 RealMemory=1000
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE DefaultTime=10
END
}

start_munged() {
  (umask 077 && dd if=/dev/urandom of="$dir/munge.key" bs=256 count=1 2>/dev/null)
  daemon munged munged --foreground --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" \
    --pid-file="$dir/munged.own.pid" --log-file="$dir/munged.own.log" --seed-file="$dir/munge.seed" --num-threads=2
  until_true 5 test -S "$dir/munge.socket" || cannot "munged does not start: $(last_words munged)"
}

answers() { scontrol ping | grep -q 'is UP'; }

node_is_up() { [ "$(sinfo -h -o %t)" = idle ]; }

start() {
  for x in munged slurmctld slurmd sbatch setsid; do
    command -v $x >/dev/null || cannot "$x is not installed"
  done
  if alive slurmctld; then echo "slurm-node.sh: one runs in $dir" >&2; exit 2; fi
  mkdir -p "$dir/state" "$dir/spool"
  find_ports
  write_conf
  start_munged
  daemon slurmctld slurmctld -D -f "$SLURM_CONF"
  daemon slurmd slurmd -D -f "$SLURM_CONF"
  until_true 10 answers || cannot "slurmctld does not start: $(last_words slurmctld)"
  until_true 10 node_is_up || cannot "slurmd does not start: $(last_words slurmd)"
}

case $1 in
  start) start ;;
  stop) stop ;;
  *) usage ;;
esac
