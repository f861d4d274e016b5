package astroflow;

import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.connector.expressions.Expression;
import org.apache.spark.sql.connector.expressions.Expressions;
import org.apache.spark.sql.connector.expressions.NullOrdering;
import org.apache.spark.sql.connector.expressions.SortDirection;
import org.apache.spark.sql.connector.expressions.SortOrder;
import org.apache.spark.sql.connector.read.Batch;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.connector.read.Statistics;
import org.apache.spark.sql.connector.read.SupportsReportOrdering;
import org.apache.spark.sql.connector.read.SupportsReportPartitioning;
import org.apache.spark.sql.connector.read.SupportsReportStatistics;
import org.apache.spark.sql.connector.read.partitioning.KeyGroupedPartitioning;
import org.apache.spark.sql.connector.read.partitioning.Partitioning;
import org.apache.spark.sql.execution.datasources.FilePartition;
import org.apache.spark.sql.execution.datasources.PartitionedFile;
import org.apache.spark.sql.execution.datasources.v2.FileScan;
import org.apache.spark.sql.types.StructType;

/** Spark's parquet scan, one partition a piece, with the partitioning and the order told. */
final class AlignedScan
        implements Batch, SupportsReportPartitioning, SupportsReportOrdering, SupportsReportStatistics {
    private final FileScan scan;
    private final Pieces.OfTable pieces;

    AlignedScan(FileScan scan, Pieces.OfTable pieces) {
        this.scan = scan;
        this.pieces = pieces;
    }

    public StructType readSchema() {
        return scan.readSchema();
    }

    public String description() {
        return "aligned " + scan.description();
    }

    public Batch toBatch() {
        return this;
    }

    public Statistics estimateStatistics() {
        return scan.estimateStatistics();
    }

    public PartitionReaderFactory createReaderFactory() {
        return scan.createReaderFactory();
    }

    public Partitioning outputPartitioning() {
        Expression key = Expressions.apply(IdRanges.NAME, columns());
        return new KeyGroupedPartitioning(new Expression[] {key}, pieces.paths.length);
    }

    public SortOrder[] outputOrdering() {
        if (!pieces.areSorted) {
            return new SortOrder[0];
        }
        return new SortOrder[] {
            Expressions.sort(columns()[0], SortDirection.ASCENDING, NullOrdering.NULLS_FIRST)
        };
    }

    private static Expression[] columns() {
        return new Expression[] {Expressions.column(AlignJoins.KEY)};
    }

    /** Returns every piece, also those in which the table has no file: both sides have the same. */
    public InputPartition[] planInputPartitions() {
        Map files = wholeFiles();
        InputPartition[] partitions = new InputPartition[pieces.paths.length];
        for (int i = 0; i < partitions.length; i++) {
            PartitionedFile[] own = new PartitionedFile[pieces.paths[i].length];
            for (int j = 0; j < own.length; j++) {
                own[j] = (PartitionedFile) files.get(pieces.paths[i][j]);
            }
            partitions[i] = new AlignedPartition(i, own);
        }
        return partitions;
    }

    /** Returns the files by path. Spark's scan cuts large ones: each is put together again. */
    private Map wholeFiles() {
        Map files = new HashMap();
        InputPartition[] planned = scan.planInputPartitions();
        for (int i = 0; i < planned.length; i++) {
            PartitionedFile[] parts = ((FilePartition) planned[i]).files();
            for (int j = 0; j < parts.length; j++) {
                files.put(parts[j].toPath().toUri().getPath(), whole(parts[j]));
            }
        }
        return files;
    }

    private static PartitionedFile whole(PartitionedFile part) {
        return new PartitionedFile(
                part.partitionValues(),
                part.filePath(),
                0,
                part.fileSize(),
                part.locations(),
                part.modificationTime(),
                part.fileSize(),
                part.otherConstantMetadataColumnValues());
    }
}
