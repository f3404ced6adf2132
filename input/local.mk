# Example inputs: part of the distribution, installed under pkgdatadir.
nobase_dist_pkgdata_DATA += input/README \
	input/serverless/platform-types.json input/serverless/storage-types.json \
	input/serverless/qos-types.json input/serverless/application-types.json \
	input/serverless/task-types.json input/serverless/space-quick.json \
	input/serverless/space-study.json input/serverless/infrastructure.json \
	input/serverless/workload.json input/serverless/scenario.json \
	input/serverless/quick.json input/serverless/study.json \
	input/gpuqueue/quick.json input/gpuqueue/study.json \
	input/match/quick.json input/match/study.json input/match/job.json \
	input/match/nowhere.json input/match/fleet.json input/match/rules.json
