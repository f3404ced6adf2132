noinst_LIBRARIES += libauspex.a
libauspex_a_SOURCES = src/registry.c

include src/util/local.mk
include src/learn/local.mk
include src/design/local.mk
include src/par/local.mk
include src/store/local.mk
include src/engine/local.mk
include src/study/local.mk
include src/serverless/local.mk
include src/gpuqueue/local.mk
include src/match/local.mk
include src/cmd/local.mk

bin_PROGRAMS += auspex
auspex_SOURCES = src/auspex.c
auspex_LDADD = libauspex.a $(AUS_LIBS)
