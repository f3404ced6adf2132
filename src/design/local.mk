libauspex_a_SOURCES += \
	src/design/design.c src/design/design.h src/design/design_blocks.c \
	src/design/design_fill.h src/design/design_lhs.c src/design/design_maximin.c \
	src/design/design_qrng.c src/design/design_quality.c \
	src/design/sens.c src/design/sens.h \
	src/design/space.c src/design/space.h
