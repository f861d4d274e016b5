package astroflow;

import java.util.Arrays;
import java.util.UUID;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.FunctionCatalog;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * The function of source_id by which pieces are cut, and the catalogue in which Spark looks it up.
 *
 * <p>It is what it says: Spark may compute it for any row and gets the number of the row's piece.
 * Two tables are joined piece by piece only where their functions have one name, and the name
 * stands for the ids at which pieces begin.
 */
final class IdRanges implements FunctionCatalog, UnboundFunction, ScalarFunction {
    static final String NAME = "id_range";
    private final long[] edges;

    IdRanges(long[] edges) {
        this.edges = edges;
    }

    public String canonicalName() {
        byte[] text = Arrays.toString(edges).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return "astroflow." + NAME + "." + UUID.nameUUIDFromBytes(text);
    }

    public DataType[] inputTypes() {
        return new DataType[] {DataTypes.LongType};
    }

    public DataType resultType() {
        return DataTypes.IntegerType;
    }

    public Object produceResult(InternalRow row) {
        int place = Arrays.binarySearch(edges, row.getLong(0));
        return Integer.valueOf(place >= 0 ? place + 1 : -place - 1);
    }

    public BoundFunction bind(StructType types) {
        return this;
    }

    public String description() {
        return "the number of the range of source_id";
    }

    public String name() {
        return NAME;
    }

    public void initialize(String name, CaseInsensitiveStringMap options) {
        // Nothing is configured: the edges are all there is.
    }

    public Identifier[] listFunctions(String[] namespace) {
        return new Identifier[] {Identifier.of(new String[0], NAME)};
    }

    public UnboundFunction loadFunction(Identifier identifier) {
        return this;
    }
}
