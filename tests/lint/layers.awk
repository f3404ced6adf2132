# layers.awk - who may include whom (the table of the layers), and how includes are arranged.
# SPDX-License-Identifier: GPL-3.0-or-later
# Usage: awk -f layers.awk FILE..., run in src/ with names relative to it; one complaint a line.

function allow(dir, ours, third) { may[dir] = " " ours " "; outside[dir] = " " third " " }

BEGIN {
  joint = "_(study|cmd)(_[a-z_]+)?\\.[ch]$"
  areas = " serverless gpuqueue bsp scaleout match "
  wings = "util learn design par store engine study"
  allow("util", "util", "yaml jansson gsl zlib")
  allow("learn", "util learn", "xgboost petsc gsl blas")
  allow("design", "util learn design", "petsc gsl")
  allow("par", "util par", "mpi hwloc")
  allow("store", "util par store", "hdf5 mpi")
  allow("engine", "util par store engine", "mpi")
  allow("study", wings, "mpi")
  allow("cmd", wings " cmd", "")
  allow("registry", "util cmd registry", "")
  allow("main", "util par registry", "mpi")
  n = split(areas, a, " ")
  for (i = 1; i <= n; i++) {
    allow(a[i], "util learn " a[i], "")
    allow(a[i] "/joint", wings " " a[i] " registry", "")
  }
  # Joints of the top, by name, and the one header of a library's types, for its own directory only.
  named["main"] = " learn/petsc.h study/command.h study/help.h "
  named["registry"] = " study/command.h study/study.h "
  wraps["store/h5.h"] = "hdf5"
  n = split("yaml.h yaml jansson.h jansson mpi.h mpi hwloc.h hwloc hdf5.h hdf5 lapacke.h blas cblas.h blas zlib.h zlib", a, " ")
  for (i = 1; i < n; i += 2) library[a[i]] = a[i + 1]
  # C and POSIX; what a pure simulator needs is in the first group.
  n = split("assert ctype errno float inttypes limits math stdarg stdbool stddef stdint stdio stdlib string", a, " ")
  for (i = 1; i <= n; i++) pure[a[i] ".h"] = system_header[a[i] ".h"] = 1
  n = split("dirent fcntl fenv getopt glob libgen locale poll pthread pwd sched setjmp signal spawn stdalign stdatomic " \
            "strings termios time unistd wordexp", a, " ")
  for (i = 1; i <= n; i++) system_header[a[i] ".h"] = 1
}

function complain(text) { printf "%s:%d: %s\n", FILENAME, FNR, text }

# The row of the table for a file.
function room(file,  part, dir) {
  if (file ~ /^auspex\.c$/) return "main"
  if (file ~ /^registry\.[ch]$/) return "registry"
  split(file, part, "/")
  dir = part[1]
  if (index(areas, " " dir " ") && file ~ joint) return dir "/joint"
  return dir
}

# The library an angle include belongs to, "" for C and POSIX, "?" for an unknown one.
function library_of(name) {
  if (name in library) return library[name]
  if (name ~ /^gsl\//) return "gsl"
  if (name ~ /^xgboost\//) return "xgboost"
  if (name ~ /^(petsc|tao).*\.h$/) return "petsc"
  if (name in system_header || name ~ /^sys\/[a-z0-9_]+\.h$/) return ""
  return "?"
}

function check_ours(row, name,  dir) {
  dir = name
  if (name == "registry.h") dir = "registry"
  else if (!sub(/\/.*/, "", dir)) { complain("\"" name "\" is not written from src/"); return }
  if (name in wraps && dir != row) { complain("\"" name "\" is for " dir " only"); return }
  if (index(may[row], " " dir " ") || index(named[row], " " name " ")) return
  if (row == "registry" && name ~ ("^(" area_pattern() ")/[a-z]+_(study|cmd)\\.h$")) return
  complain(row " may not include \"" name "\"")
}

function area_pattern(  p) { p = areas; gsub(/^ | $/, "", p); gsub(/ /, "|", p); return p }

function check_outside(row, name,  lib) {
  if (name == "config.h") { if (FILENAME ~ /\.h$/) complain("a header includes config.h"); return }
  lib = library_of(name)
  if (lib == "?") { complain("<" name "> is neither C, POSIX nor one of our libraries"); return }
  if (lib == "") {
    if (index(areas, " " row " ") && !(name in pure)) complain("a simulator may not include <" name ">")
    return
  }
  if (!index(outside[row], " " lib " ")) complain(row " may not include <" name ">")
  else if (FILENAME ~ /\.h$/ && lib != "mpi" && wraps[FILENAME] != lib) complain("third-party header <" name "> in a header of ours")
  else if (lib == "mpi" && FILENAME ~ /^(store\/journal|engine\/sched)/) complain("no MPI here")
}

# config.h alone first, then the file's own header.
function check_order(name, angle,  own) {
  if (FILENAME !~ /\.c$/) return
  n_include++
  if (n_include == 1 && name != "config.h") complain("the first include is not <config.h>")
  if (n_include == 2) {
    if (FNR == line_of_config + 1) complain("config.h is not alone in its block")
    own = FILENAME
    sub(/c$/, "h", own)
    if (own in is_header && name != own) complain("the second include is not \"" own "\"")
  }
  if (name == "config.h") line_of_config = FNR
}

FNR == 1 {
  n_include = 0
  if (!n_files++) for (i = 1; i < ARGC; i++) if (ARGV[i] ~ /\.h$/) is_header[ARGV[i]] = 1
  row = room(FILENAME)
  if (!(row in may)) complain("directory is not in the table of layers")
  if ($0 !~ ("^/\\* ([a-z]+/)?" basename(FILENAME) " - ")) complain("first line is not \"/* " basename(FILENAME) " - purpose\"")
}

function basename(file) { sub(/.*\//, "", file); gsub(/\./, "\\.", file); return file }

FNR <= 3 && /SPDX-License-Identifier: GPL-3.0-or-later/ { licensed[FILENAME] = 1 }
FNR == 4 && !(FILENAME in licensed) { complain("no SPDX line in the first three") }

/^[ \t]*#[ \t]*include/ {
  if (!match($0, /["<][^">]+[">]/)) next
  name = substr($0, RSTART + 1, RLENGTH - 2)
  angle = substr($0, RSTART, 1) == "<"
  check_order(name, angle)
  if (!(row in may)) next
  if (angle) check_outside(row, name)
  else check_ours(row, name)
}
