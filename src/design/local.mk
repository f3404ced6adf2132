libauspex_a_SOURCES += \
	src/design/design.c src/design/design.h \
	src/design/space.c src/design/space.h
