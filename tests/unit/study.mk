# unit tests of src/study
