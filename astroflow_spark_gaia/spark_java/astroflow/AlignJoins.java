package astroflow;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.optimizer.RewritePredicateSubquery$;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.catalyst.trees.TreeNode;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.LogicalRelation;
import org.apache.spark.sql.execution.datasources.PartitioningAwareFileIndex;
import org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat;
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;
import scala.Function1;
import scala.Option;
import scala.Some;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractPartialFunction;

/** Reads the tables of a plan that are joined on source_id in pieces between the same ids. */
final class AlignJoins extends Rule {
    static final String KEY = "source_id";

    public TreeNode apply(TreeNode plan) {
        // Spark makes joins of IN and EXISTS only when it has planned the scans.
        LogicalPlan joins = (LogicalPlan) RewritePredicateSubquery$.MODULE$.apply((LogicalPlan) plan);
        List relations = joinedOnKey(joins);
        if (relations.size() < 2) {
            return plan;
        }
        Pieces pieces = Pieces.of(relations);
        return pieces == null ? plan : joins.transformUp(new Swap(pieces));
    }

    private static List joinedOnKey(LogicalPlan plan) {
        Set keys = JoinKeys.of(plan);
        List relations = new ArrayList();
        List leaves = CollectionConverters.asJava(plan.collectLeaves());
        for (int i = 0; i < leaves.size(); i++) {
            if (isJoined(leaves.get(i), keys)) {
                relations.add(leaves.get(i));
            }
        }
        return relations;
    }

    /** Whether a leaf is a folder of parquet files, nothing else, and its source_id is compared. */
    private static boolean isJoined(Object leaf, Set keys) {
        if (!(leaf instanceof LogicalRelation)
                || !(((LogicalRelation) leaf).relation() instanceof HadoopFsRelation)) {
            return false;
        }
        LogicalRelation relation = (LogicalRelation) leaf;
        HadoopFsRelation files = (HadoopFsRelation) relation.relation();
        return !relation.isStreaming()
                && files.fileFormat() instanceof ParquetFileFormat
                && files.location() instanceof PartitioningAwareFileIndex
                && files.partitionSchema().isEmpty()
                && files.bucketSpec().isEmpty()
                && files.location().sizeInBytes() > 0
                && hasOnlyColumnsOfFiles(relation, files)
                && hasKey(relation, keys);
    }

    /** Whether no hidden column is asked for, such as a row's file: the other reader has none. */
    private static boolean hasOnlyColumnsOfFiles(LogicalRelation relation, HadoopFsRelation files) {
        return relation.output().size() == files.dataSchema().size();
    }

    private static boolean hasKey(LogicalRelation relation, Set keys) {
        List columns = CollectionConverters.asJava(relation.output());
        for (int i = 0; i < columns.size(); i++) {
            AttributeReference column = (AttributeReference) columns.get(i);
            if (column.name().equals(KEY)
                    && column.dataType().equals(DataTypes.LongType)
                    && keys.contains(column.exprId())) {
                return true;
            }
        }
        return false;
    }

    private static final class Swap extends AbstractPartialFunction {
        private final Pieces pieces;

        Swap(Pieces pieces) {
            this.pieces = pieces;
        }

        public boolean isDefinedAt(Object node) {
            return pieces.have(node);
        }

        public Object applyOrElse(Object node, Function1 otherwise) {
            return pieces.have(node) ? aligned((LogicalRelation) node) : otherwise.apply(node);
        }

        private Object aligned(LogicalRelation relation) {
            return new DataSourceV2Relation(
                    new AlignedTable((HadoopFsRelation) relation.relation(), pieces.of(relation)),
                    relation.output(),
                    new Some(new IdRanges(pieces.edges)),
                    Option.empty(),
                    CaseInsensitiveStringMap.empty(),
                    Option.empty());
        }
    }
}
