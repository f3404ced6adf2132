#!/bin/sh
# launchers.t - the job scripts in a real Slurm with srun, with an ibrun that keeps signals to itself, in an
# array, and requeued from outside; local.sh without Slurm. Part of make check-long.
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/slurm/common.sh"

# What a cluster has and this machine has not.
mkdir "$tap_dir/bin"
cat >"$tap_dir/bin/ibrun" <<'END'
#!/bin/sh
trap '' USR1 TERM
mpirun --mca odls_base_sigkill_timeout 5 "$@"
END
printf '#!/bin/sh\n' >"$tap_dir/bin/module"
chmod +x "$tap_dir/bin/ibrun" "$tap_dir/bin/module"
sed 's/^LAUNCH=.*/LAUNCH="srun --mpi=pmix"/' jobscripts/slurm.slurm >"$tap_dir/srun.slurm"

submit srun "$tap_dir/srun.slurm" && srun=$job
submit srunterm "$tap_dir/srun.slurm" && srunterm=$job
PATH=$tap_dir/bin:$PATH SCRATCH=$tap_dir submit ibrun jobscripts/frontera.slurm && ibrun=$job
submit outside jobscripts/slurm.slurm && outside=$job

under_way srun
scancel --signal=USR1 --batch "$srun"
under_way srunterm
scancel --signal=TERM --batch "$srunterm"
under_way ibrun
scancel --signal=USR1 --batch "$ibrun"
under_way outside
scontrol requeue "$outside"

uninterrupted plain
uninterrupted seed1 --seed 1
uninterrupted seed2 --seed 2
finishes srun "$srun" plain
finishes srunterm "$srunterm" plain
finishes ibrun "$ibrun" plain
finishes outside "$outside" plain
says outside "not requeued: Slurm ends this job"
result $? "outside: the script leaves it to Slurm" "$tap_dir/outside.log"

# Two tasks; the one that has the id of the whole array is interrupted, the other must not notice.
SCRATCH=$tap_dir
export SCRATCH
submit array jobscripts/array.slurm --array=1-2 --output="$tap_dir/array-%a.log" && array=$job
ln -s "small-$array-2.run" "$tap_dir/array-2.run"
under_way array-2
scancel --signal=USR1 --batch "${array}_2"
for i in 1 2; do
  until_true 120 is_over "${array}_$i"
  ln -s "small-$array-$i.h5" "$tap_dir/array-$i.h5"
  same "array-$i" "seed$i"
done
expect "0 1" "$(shown "${array}_1" Restarts) $(shown "${array}_2" Restarts)" "array: only task 2 was requeued"

unset SCRATCH
AUSPEX_OUTPUT=$tap_dir/local.h5 AUSPEX_FAULT=delay_ms=60 sh jobscripts/local.sh "$study" -q >"$tap_dir/local.log" 2>&1 </dev/null &
local=$!
under_way local
kill -USR2 $local
until_true 30 test -s "$tap_dir/local.h5" && test -d "$tap_dir/local.run" && kill -0 $local
result $? "local: SIGUSR2 publishes what is there, and it goes on" "$tap_dir/local.log"
kill -TERM $local
wait $local
expect 75 $? "local: SIGTERM ends it with 75"
AUSPEX_OUTPUT=$tap_dir/local.h5 timeout 300 sh jobscripts/local.sh "$study" -q >>"$tap_dir/local.log" 2>&1 </dev/null
result $? "local: the same command goes on" "$tap_dir/local.log"
resumed local
same local plain
done_testing
