#!/bin/sh
# layers.t - includes follow the table of layers (tests/lint/layers.awk).
# SPDX-License-Identifier: GPL-3.0-or-later
. "$AUS_TOP_SRCDIR/tests/tap.sh"
script=$AUS_TOP_SRCDIR/tests/lint/layers.awk

cd "$AUS_TOP_SRCDIR/src" || exit 99
for d in . */; do
  d=${d%/}
  files=$(find "$d" -maxdepth 1 -name '*.[ch]' | sed 's,^\./,,' | sort)
  [ -n "$files" ] || continue
  awk -f "$script" $files >"$tap_dir/out" 2>&1
  complaints "src/$d" "$tap_dir/out"
done

# The table itself: each of these must be refused.
cd "$tap_dir" || exit 99
mkdir -p util learn engine store serverless bsp other
breach() { # FILE EXPECTED INCLUDE...
  file=$1
  want=$2
  shift 2
  { printf '/* %s - x.\n * SPDX-License-Identifier: GPL-3.0-or-later\n */\n' "${file##*/}"
    case $file in *.c) printf '#include <config.h>\n\n' ;; esac
    printf '#include %s\n' "$@"; } >"$file"
  got=$(awk -f "$script" "$file" 2>&1 | sed 's/^[^:]*:[0-9]*: //')
  expect "$want" "$got" "${want:-accepted}: $file, $*"
}
breach util/a.c 'util may not include "learn/gp.h"' '"learn/gp.h"'
breach learn/a.c 'learn may not include "engine/task.h"' '"engine/task.h"'
breach engine/a.c 'engine may not include "design/space.h"' '"design/space.h"'
breach engine/sched.c 'no MPI here' '<mpi.h>'
breach store/a.c 'store may not include <xgboost/c_api.h>' '<xgboost/c_api.h>'
breach store/a.h 'third-party header <hdf5.h> in a header of ours' '<hdf5.h>'
breach serverless/sim.c 'serverless may not include "bsp/sim.h"' '"bsp/sim.h"'
breach serverless/sim.c 'serverless may not include "engine/task.h"' '"engine/task.h"'
breach serverless/sim.c 'a simulator may not include <time.h>' '<time.h>'
breach serverless/serverless_study.c 'serverless/joint may not include "bsp/bsp_study.h"' '"bsp/bsp_study.h"'
breach util/b.c '"alloc.h" is not written from src/' '"alloc.h"'
breach util/b.c '<openssl/ssl.h> is neither C, POSIX nor one of our libraries' '<openssl/ssl.h>'
breach other/a.c 'directory is not in the table of layers' '<stdio.h>'
breach auspex.c 'main may not include "serverless/sim.h"' '"serverless/sim.h"'
breach registry.c 'registry may not include "serverless/sim.h"' '"serverless/sim.h"'
breach auspex.c 'main may not include "study/run.h"' '"study/run.h"'
breach engine/b.c '"store/h5.h" is for store only' '"store/h5.h"'
breach store/h5.h '' '<hdf5.h>'
breach serverless/serverless_study_x.c '' '"engine/task.h"'
breach serverless/study.c 'serverless may not include "engine/task.h"' '"engine/task.h"'
breach auspex.c '' '"study/command.h"' '"study/help.h"'
breach registry.c '' '"serverless/serverless_study.h"' '"cmd/run.h"'
breach serverless/serverless_study.c '' '"serverless/sim.h"' '"engine/task.h"' '"study/stage.h"'
done_testing
