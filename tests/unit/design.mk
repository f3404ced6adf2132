# unit tests of src/design
