libauspex_a_SOURCES += src/store/table.h src/store/shard.h src/store/pub.h
