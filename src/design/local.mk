libauspex_a_SOURCES += src/design/space.h src/design/design.h
