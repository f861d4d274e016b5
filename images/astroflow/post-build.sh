# Spark's classes as a JVM keeps them in memory: with this archive, which `entrypoint`
# hands to executors, one starts in about half the time. It is made by running a job.
export JAVA_HOME=/usr/lib/jvm/java-17-openjdk-amd64
export SPARK_HOME=/opt/astroflow/lib/python3.11/site-packages/pyspark
export SPARK_LOCAL_HOSTNAME=localhost PYSPARK_PYTHON=/opt/astroflow/bin/python
work=$(mktemp -d)
cat > "$work/job.py" <<PYTHON
from pyspark.sql import SparkSession
from pyspark.sql.functions import udf

spark = SparkSession.builder.config("spark.ui.enabled", "false").getOrCreate()
numbers = spark.range(0, 100000, numPartitions=4).selectExpr("id", "id % 7 AS k")
numbers.write.parquet("$work/numbers")
stored = spark.read.parquet("$work/numbers")
stored.groupBy("k").count().orderBy("k").collect()
stored.join(stored.groupBy("k").sum("id"), "k").select(udf(str)("id")).tail(1)
spark.stop()
PYTHON
"$JAVA_HOME/bin/java" -XX:ArchiveClassesAtExit=/opt/astroflow/spark.jsa -Xlog:disable \
    -Djava.io.tmpdir="$work" --add-modules=jdk.incubator.vector \
    --add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.nio=ALL-UNNAMED \
    --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/sun.nio.ch=ALL-UNNAMED \
    --add-opens=java.base/java.lang.invoke=ALL-UNNAMED \
    -cp "$(LC_ALL=C; printf '%s:' "$SPARK_HOME"/jars/*.jar | sed 's/:$//')" org.apache.spark.deploy.SparkSubmit \
    --master 'local[2]' "$work/job.py"
rm -rf "$work"
