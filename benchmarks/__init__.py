"""Side by side on one machine: our sessions, plain ones, DuckDB, Polars and pyarrow."""
