package astroflow;

import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.connector.read.HasPartitionKey;
import org.apache.spark.sql.execution.datasources.FilePartition;
import org.apache.spark.sql.execution.datasources.PartitionedFile;

/** The files of a piece; its key is its number. */
final class AlignedPartition extends FilePartition implements HasPartitionKey {
    AlignedPartition(int number, PartitionedFile[] files) {
        super(number, files);
    }

    public InternalRow partitionKey() {
        return new GenericInternalRow(new Object[] {Integer.valueOf(index())});
    }

    /** Sends Spark's own class to executors, so that they need not have this one. */
    private Object writeReplace() {
        return new FilePartition(index(), files());
    }
}
