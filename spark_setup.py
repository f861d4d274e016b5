"""The name under which existing notebooks import the Spark session's setup."""
