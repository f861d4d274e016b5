package astroflow;

import java.util.EnumSet;
import java.util.Set;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.expressions.filter.Predicate;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.connector.read.SupportsPushDownRequiredColumns;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.PartitioningAwareFileIndex;
import org.apache.spark.sql.execution.datasources.v2.FileScan;
import org.apache.spark.sql.execution.datasources.v2.parquet.ParquetScanBuilder;
import org.apache.spark.sql.internal.connector.SupportsPushDownCatalystFilters;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** The files that Spark has listed for a table, read by Spark's own reader, in pieces. */
final class AlignedTable implements SupportsRead {
    private final HadoopFsRelation files;
    private final Pieces.OfTable pieces;

    AlignedTable(HadoopFsRelation files, Pieces.OfTable pieces) {
        this.files = files;
        this.pieces = pieces;
    }

    public String name() {
        return "aligned " + files.location().rootPaths().mkString(", ");
    }

    public StructType schema() {
        return files.schema();
    }

    public Set capabilities() {
        return EnumSet.of(TableCapability.BATCH_READ);
    }

    public ScanBuilder newScanBuilder(CaseInsensitiveStringMap unused) {
        ParquetScanBuilder builder =
                new ParquetScanBuilder(
                        files.sparkSession(),
                        (PartitioningAwareFileIndex) files.location(),
                        files.schema(),
                        files.dataSchema(),
                        new CaseInsensitiveStringMap(CollectionConverters.asJava(files.options())));
        return new Builder(builder, pieces);
    }

    private static final class Builder
            implements SupportsPushDownRequiredColumns, SupportsPushDownCatalystFilters {
        private final ParquetScanBuilder builder;
        private final Pieces.OfTable pieces;

        Builder(ParquetScanBuilder builder, Pieces.OfTable pieces) {
            this.builder = builder;
            this.pieces = pieces;
        }

        public void pruneColumns(StructType columns) {
            builder.pruneColumns(columns);
        }

        public Seq pushFilters(Seq filters) {
            return builder.pushFilters(filters);
        }

        public Predicate[] pushedFilters() {
            return builder.pushedFilters();
        }

        public Scan build() {
            return new AlignedScan((FileScan) builder.build(), pieces);
        }
    }
}
