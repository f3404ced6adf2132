# Man pages: the hand-written part is distributed, the page is made with the built program.
MAN_PAGES_IN = doc/auspex.1.in doc/auspex-config.1.in doc/auspex-gpuqueue.1.in doc/auspex-match.1.in doc/auspex-run.1.in doc/auspex-serverless.1.in \
	doc/auspex-status.1.in doc/auspex-diff.1.in doc/auspex-export.1.in doc/auspex-merge.1.in doc/auspex-verify.1.in
man1_MANS = doc/auspex.1 doc/auspex-config.1 doc/auspex-gpuqueue.1 doc/auspex-match.1 doc/auspex-run.1 doc/auspex-serverless.1 \
	doc/auspex-status.1 doc/auspex-diff.1 doc/auspex-export.1 doc/auspex-merge.1 doc/auspex-verify.1
CLEANFILES += $(man1_MANS)
EXTRA_DIST += $(MAN_PAGES_IN) doc/gen-man.sh

$(man1_MANS): auspex$(EXEEXT) doc/gen-man.sh
	$(AM_V_GEN)$(MKDIR_P) doc && $(SHELL) '$(top_srcdir)/doc/gen-man.sh' ./auspex$(EXEEXT) \
	  '$(PACKAGE_VERSION)' '$(top_srcdir)/$@.in' >'$@.tmp' && mv '$@.tmp' '$@'
doc/auspex.1: doc/auspex.1.in
doc/auspex-config.1: doc/auspex-config.1.in
doc/auspex-gpuqueue.1: doc/auspex-gpuqueue.1.in
doc/auspex-match.1: doc/auspex-match.1.in
doc/auspex-run.1: doc/auspex-run.1.in
doc/auspex-serverless.1: doc/auspex-serverless.1.in
doc/auspex-status.1: doc/auspex-status.1.in
doc/auspex-diff.1: doc/auspex-diff.1.in
doc/auspex-merge.1: doc/auspex-merge.1.in
doc/auspex-export.1: doc/auspex-export.1.in
doc/auspex-verify.1: doc/auspex-verify.1.in

dist_doc_DATA = README NEWS doc/durability.md doc/design.md doc/designs.md doc/file-format.md doc/gpuqueue.md doc/match.md doc/serverless.md doc/testing.md doc/optimiser.md doc/running.md
nobase_dist_pkgdata_DATA += doc/examples/read_results.py
