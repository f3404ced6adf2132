# unit tests of src/learn
