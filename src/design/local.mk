libauspex_a_SOURCES += \
	src/design/acq.c src/design/acq.h \
	src/design/bo.c src/design/bo.h src/design/bo_data.c src/design/bo_impl.h \
	src/design/bo_model.c src/design/bo_propose.c src/design/bo_region.c \
	src/design/bo_search.c src/design/bo_value.c src/design/bo_wire.c \
	src/design/design.c src/design/design.h src/design/design_blocks.c \
	src/design/design_fill.h src/design/design_lhs.c src/design/design_maximin.c \
	src/design/design_qrng.c src/design/design_quality.c \
	src/design/sens.c src/design/sens.h \
	src/design/space.c src/design/space.h
