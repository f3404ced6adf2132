#!/bin/sh
# pub_full.t - publication to a disk that gets full: an error on all ranks, no hang, the old file stays.
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The shards take 37 MiB; the file would take 40 more, or 13 compressed.
if [ "$AUS_MPIRUN" = no ]; then
  echo "1..0 # SKIP no mpirun"
  exit 0
fi
work=`mktemp -d "${TMPDIR-/tmp}/auspex-full.XXXXXX"` || exit 99
trap 'rm -rf "$work"' EXIT
cat >"$work/small" <<'END'
mount -t tmpfs -o size="$1" none "$2/disk" || exit 77
shift 2
exec timeout 300 "$@"
END
mkdir "$work/disk"
if ! unshare -m sh "$work/small" 1m "$work" true 2>/dev/null; then
  echo "1..0 # SKIP not allowed to mount a small disk"
  exit 0
fi
echo "1..6"
i=0
for what in "0 39m 1" "0 46m 3" "0 76m 2" "4 38m 2" "4 40m 3" "4 47m 1"; do
  set -- $what
  i=`expr $i + 1`
  unshare -m sh "$work/small" $2 "$work" "$AUS_MPIRUN" --oversubscribe -n $3 \
    "$AUS_TOP_BUILDDIR/tests/mpi/t_pub" full $1 "$work/disk" >"$work/log" 2>&1 </dev/null
  status=$?
  sed 's/^/# /' "$work/log"
  if [ $status -eq 0 ]; then
    echo "ok $i - deflate $1, $2 of disk, $3 ranks"
  else
    echo "not ok $i - deflate $1, $2 of disk, $3 ranks: exit status $status"
  fi
done
