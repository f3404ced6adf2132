libauspex_a_SOURCES += \
	src/learn/trees.c src/learn/trees.h \
	src/learn/ubj.c src/learn/ubj.h \
	src/learn/xgb.c src/learn/xgb.h
