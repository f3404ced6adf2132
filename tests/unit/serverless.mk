# unit tests of src/serverless
