package org.apache.spark.sql.ml;

import org.apache.spark.sql.SparkSessionExtensionsProvider;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.analysis.FunctionRegistry$;
import org.apache.spark.sql.catalyst.analysis.SimpleFunctionRegistry;
import scala.collection.immutable.Seq;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/**
 * Makes the functions of MLlib when one is used, and not when a session starts.
 *
 * <p>Spark makes a class of this name at every start, and MLlib's makes all its functions at once:
 * for that Scala's reflection is loaded, which takes a fifth of a start. This one stands before it
 * on the class path.
 */
public final class InternalFunctionRegistration extends AbstractFunction1
        implements SparkSessionExtensionsProvider {
    private static final String MLLIB = "org.apache.spark.sql.ml.InternalFunctionRegistration$";
    private static final String[] NAMES = {
        "vector_to_array", "array_to_vector", "aggregate_metrics"
    };

    public Object apply(Object extensions) {
        for (int i = 0; i < NAMES.length; i++) {
            FunctionIdentifier name = new FunctionIdentifier(NAMES[i]);
            if (!functions().functionExists(name)) {
                functions().registerFunction(name, new AtFirstUse(name), "internal");
            }
        }
        return BoxedUnit.UNIT;
    }

    private static SimpleFunctionRegistry functions() {
        return FunctionRegistry$.MODULE$.internal();
    }

    /** Builds the expression of a function, once MLlib has put its own in this one's place. */
    private static final class AtFirstUse extends AbstractFunction1 {
        private final FunctionIdentifier name;

        AtFirstUse(FunctionIdentifier name) {
            this.name = name;
        }

        public Object apply(Object arguments) {
            try {
                Class.forName(MLLIB); // does it as it is loaded
            } catch (ClassNotFoundException e) {
                throw new IllegalStateException(e);
            }
            return functions().lookupFunction(name, (Seq) arguments);
        }
    }
}
