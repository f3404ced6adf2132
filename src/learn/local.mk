libauspex_a_SOURCES += \
	src/learn/betabin.c src/learn/betabin.h \
	src/learn/blas.h \
	src/learn/blmvm.c src/learn/blmvm.h \
	src/learn/isotonic.c src/learn/isotonic.h \
	src/learn/gp.c src/learn/gp.h src/learn/gp_fit.c src/learn/gp_state.h \
	src/learn/folds.c src/learn/folds.h src/learn/logistic.c src/learn/logistic.h \
	src/learn/metrics.c src/learn/metrics.h \
	src/learn/matern.c src/learn/matern.h \
	src/learn/petsc.c src/learn/petsc.h \
	src/learn/trees.c src/learn/trees.h \
	src/learn/ubj.c src/learn/ubj.h \
	src/learn/xgb.c src/learn/xgb.h

# Nothing here changes a value: no sum is reordered, nothing contracted; errno and traps are not used.
src/learn/matern.$(OBJEXT): AM_CFLAGS += $(AUS_VECTOR_CFLAGS) -fno-math-errno -fno-trapping-math
