package astroflow;

import java.util.function.Function;
import org.apache.spark.sql.SparkSessionExtensions;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/**
 * Has Spark join tables in order of source_id without moving their rows.
 *
 * <p>Spark makes this extension when a session starts ({@code spark.sql.extensions}). Which files
 * lie between the same ids is for the index to prove, so Python is asked about each such join.
 */
public final class AlignedJoins extends AbstractFunction1 {
    private static volatile Function guard;

    /** Ask {@code function} from now on; see {@link Pieces} for what it is told and answers. */
    public static void ask(Function function) {
        guard = function;
    }

    static String answerTo(String question) {
        Function asked = guard;
        return asked == null ? "" : (String) asked.apply(question);
    }

    public Object apply(Object extensions) {
        ((SparkSessionExtensions) extensions).injectPreCBORule(new NewRule());
        return BoxedUnit.UNIT;
    }

    private static final class NewRule extends AbstractFunction1 {
        public Object apply(Object session) {
            return new AlignJoins();
        }
    }
}
