"""A notebook's Spark session with ten executors; prints its results as one line of JSON."""

import json
import os
import socket
import time

from pyspark.sql import SparkSession
from pyspark.sql.functions import udf

EXECUTORS = 10
ADDRESS = os.environ["POD_IP"]
SETTINGS = {
    "spark.kubernetes.namespace": os.environ["POD_NAMESPACE"],
    "spark.kubernetes.container.image": os.environ["IMAGE"],
    # Executors die with the pod that owns them.
    "spark.kubernetes.driver.pod.name": os.environ["POD_NAME"],
    "spark.kubernetes.authenticate.driver.serviceAccountName": "spark",
    "spark.kubernetes.authenticate.executor.serviceAccountName": "spark",
    "spark.kubernetes.executor.podTemplateFile": "/job/executor.yaml",
    "spark.kubernetes.executor.request.cores": "0.05",
    "spark.kubernetes.allocation.batch.size": EXECUTORS,
    "spark.executor.instances": EXECUTORS,
    "spark.executor.memory": "512m",
    # Ten JVMs share a small machine: the one that starts soonest is the best.
    "spark.executor.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    "spark.driver.bindAddress": ADDRESS,
    "spark.driver.host": ADDRESS,
    "spark.ui.enabled": "false",
}

builder = SparkSession.builder.master("k8s://https://kubernetes.default.svc")
spark = builder.config(map=SETTINGS).getOrCreate()
context = spark.sparkContext
while context._jsc.sc().getExecutorMemoryStatus().size() <= EXECUTORS:
    time.sleep(0.5)
square = udf(lambda n: n * n, "long")
numbers = spark.range(0, 1000, numPartitions=4 * EXECUTORS)
hosts = context.parallelize(range(200), 200).map(lambda _: (time.sleep(0.1), socket.gethostname()))
result = {
    "sum": numbers.groupBy().sum("id").first()[0],
    "squares": numbers.select(square("id").alias("n")).groupBy().sum("n").first()[0],
    "executors": len(set(hosts.values().collect())),
}
print(f"result {json.dumps(result)}", flush=True)  # noqa: T201
time.sleep(3600)
