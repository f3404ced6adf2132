# made-up scenarios with their golden results, small studies, studies over real inputs
EXTRA_DIST += tests/data/serverless
