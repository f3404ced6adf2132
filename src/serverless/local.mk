libauspex_a_SOURCES +=
