# unit tests of the serverless area's policies and forecasts
EXTRA_DIST += tests/unit/serverless_stand.h
if HAVE_CMOCKA
POLICY_TESTS = tests/unit/serverless_forecast.t tests/unit/serverless_policies.t
check_PROGRAMS += $(POLICY_TESTS)
TESTS += $(POLICY_TESTS)

tests_unit_serverless_forecast_t_SOURCES = tests/unit/serverless_forecast.c
tests_unit_serverless_forecast_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_forecast_t_LDADD = $(UNIT_LDADD)
tests_unit_serverless_policies_t_SOURCES = tests/unit/serverless_policies.c
tests_unit_serverless_policies_t_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_serverless_policies_t_LDADD = $(UNIT_LDADD)
endif
