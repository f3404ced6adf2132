# Fuzz harnesses: all of them in one program for "make check", each with libFuzzer for "make fuzz".
FUZZ_TARGETS = args bo cfg gzip joblog journal json match_model minutes model msg propose recall set study task texts trace types tz ubj
FUZZ_SOURCES = tests/fuzz/fuzz.h tests/fuzz/args.c tests/fuzz/bo.c tests/fuzz/cfg.c tests/fuzz/gzip.c tests/fuzz/joblog.c tests/fuzz/journal.c tests/fuzz/json.c \
	tests/fuzz/match_model.c tests/fuzz/minutes.c tests/fuzz/model.c tests/fuzz/msg.c tests/fuzz/propose.c tests/fuzz/recall.c tests/fuzz/set.c \
	tests/fuzz/study.c tests/fuzz/task.c tests/fuzz/texts.c tests/fuzz/trace.c tests/fuzz/types.c tests/fuzz/tz.c \
	tests/fuzz/ubj.c
FUZZ_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
EXTRA_DIST += tests/fuzz/run.sh tests/fuzz/corpus

check_PROGRAMS += tests/fuzz/replay.t
TESTS += tests/fuzz/replay.t
tests_fuzz_replay_t_SOURCES = tests/fuzz/replay.c $(FUZZ_SOURCES)
tests_fuzz_replay_t_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_replay_t_LDADD = libauspex.a $(AUS_LIBS)

# Writes the part of the corpus that our own encoders make.
EXTRA_PROGRAMS += tests/fuzz/make_corpus
CLEANFILES += tests/fuzz/make_corpus$(EXEEXT)
tests_fuzz_make_corpus_SOURCES = tests/fuzz/make_corpus.c
tests_fuzz_make_corpus_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_make_corpus_LDADD = libauspex.a $(AUS_LIBS)

# With libFuzzer; only where run.sh has configured for it.
tests/fuzz/%.fuzz: tests/fuzz/%.c tests/fuzz/fuzz.h libauspex.a
	$(AM_V_CCLD)$(MKDIR_P) tests/fuzz && $(CC) $(DEFS) -I. $(FUZZ_CPPFLAGS) $(CPPFLAGS) $(AM_CFLAGS) $(CFLAGS) \
	  -DAUS_FUZZ -fsanitize=fuzzer -o $@ $< libauspex.a $(AUS_LIBS)

# make fuzz [SECONDS=60] [RUNS=-1] [TARGETS="cfg msg"]: a build of its own with clang in ./fuzz.
fuzz:
	@AUS_TOP_SRCDIR='$(abs_top_srcdir)' AUS_SECONDS='$(SECONDS)' AUS_RUNS='$(RUNS)' AUS_MAKE='$(MAKE)' \
	  AUS_TARGETS='$(TARGETS)' $(SHELL) '$(top_srcdir)/tests/fuzz/run.sh' '$(abs_top_builddir)/fuzz' $(FUZZ_TARGETS)
.PHONY: fuzz
