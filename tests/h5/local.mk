# tests/h5
