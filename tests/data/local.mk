# made-up scenarios with their golden results, small studies, studies over real inputs
EXTRA_DIST += tests/data/serverless
# hand-made queues with what the reference made of them
EXTRA_DIST += tests/data/gpuqueue/tiny tests/data/gpuqueue/small.json tests/data/gpuqueue/ls6.json
# a small made-up study of the area match
EXTRA_DIST += tests/data/match
