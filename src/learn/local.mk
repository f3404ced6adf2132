libauspex_a_SOURCES += src/learn/xgb.h
