# unit tests of src/par
