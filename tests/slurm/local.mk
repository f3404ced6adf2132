# the job scripts in a private Slurm
TESTS += tests/slurm/requeue.t
LONG_TESTS += tests/slurm/launchers.t
EXTRA_DIST += tests/slurm/requeue.t tests/slurm/launchers.t tests/slurm/common.sh tests/slurm/slurm-node.sh
