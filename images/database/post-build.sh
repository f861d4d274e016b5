install -m 755 database /opt/astroflow/bin/database
