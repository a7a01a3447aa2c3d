"""One module a file format; each turns a file into the same plain shape (`records.Records`)."""
