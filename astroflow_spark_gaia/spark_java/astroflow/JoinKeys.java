package astroflow;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.And;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.EqualTo;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import scala.jdk.javaapi.CollectionConverters;

/** The columns that a plan's joins compare for equality, under every name they go by in it. */
final class JoinKeys {
    private final Set compared = new HashSet();
    private final Map renamed = new HashMap();

    /** Returns the ids of the columns. */
    static Set of(LogicalPlan plan) {
        JoinKeys keys = new JoinKeys();
        keys.visit(plan);
        Object[] ids = keys.compared.toArray();
        for (int i = 0; i < ids.length; i++) {
            for (Object id = ids[i]; keys.renamed.containsKey(id); ) {
                id = keys.renamed.get(id);
                keys.compared.add(id);
            }
        }
        return keys.compared;
    }

    private void visit(LogicalPlan plan) {
        if (plan instanceof Join && ((Join) plan).condition().isDefined()) {
            compare((Expression) ((Join) plan).condition().get());
        }
        List expressions = CollectionConverters.asJava(plan.expressions());
        for (int i = 0; i < expressions.size(); i++) {
            rename((Expression) expressions.get(i));
        }
        List children = CollectionConverters.asJava(plan.children());
        for (int i = 0; i < children.size(); i++) {
            visit((LogicalPlan) children.get(i));
        }
    }

    private void compare(Expression condition) {
        if (condition instanceof And) {
            compare(((And) condition).left());
            compare(((And) condition).right());
        } else if (condition instanceof EqualTo) {
            add(((EqualTo) condition).left());
            add(((EqualTo) condition).right());
        }
    }

    private void add(Expression side) {
        if (side instanceof AttributeReference) {
            compared.add(((AttributeReference) side).exprId());
        }
    }

    private void rename(Expression expression) {
        if (expression instanceof Alias && ((Alias) expression).child() instanceof AttributeReference) {
            AttributeReference column = (AttributeReference) ((Alias) expression).child();
            renamed.put(((Alias) expression).exprId(), column.exprId());
        }
    }
}
