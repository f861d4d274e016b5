package astroflow;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.FileStatus;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.LogicalRelation;
import org.apache.spark.sql.execution.datasources.PartitioningAwareFileIndex;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Ranges of ids, and which files of each table lie in which of them.
 *
 * <p>The question names the files: a line of bytes, time of change (ms) and path each, and an empty
 * line after each table. The answer is empty where nothing is proven; or else a line of the ids at
 * which pieces begin (but for the first), and a line a table: {@code sorted} or {@code unsorted},
 * and for each piece its files by their numbers in the question, as {@code 0,1;;2}; {@code none}
 * is a table that is left as it is.
 */
final class Pieces {
    final long[] edges;
    private final Map tables = new IdentityHashMap();

    /** Which files of a table are a piece, in order, and whether their rows are, too. */
    static final class OfTable {
        final String[][] paths;
        final boolean areSorted;

        OfTable(String[][] paths, boolean areSorted) {
            this.paths = paths;
            this.areSorted = areSorted;
        }
    }

    private Pieces(long[] edges) {
        this.edges = edges;
    }

    /** Returns pieces of at least two of the relations, or null where no two are aligned. */
    static Pieces of(List relations) {
        StringBuilder question = new StringBuilder();
        String[][] paths = new String[relations.size()][];
        for (int i = 0; i < paths.length; i++) {
            paths[i] = describe(files((LogicalRelation) relations.get(i)), question);
        }
        String answer = AlignedJoins.answerTo(question.toString());
        return answer.isEmpty() ? null : read(answer.split("\n"), relations, paths);
    }

    boolean have(Object node) {
        return tables.containsKey(node);
    }

    OfTable of(Object node) {
        return (OfTable) tables.get(node);
    }

    private static List files(LogicalRelation relation) {
        HadoopFsRelation files = (HadoopFsRelation) relation.relation();
        return CollectionConverters.asJava(
                ((PartitioningAwareFileIndex) files.location()).allFiles());
    }

    private static String[] describe(List files, StringBuilder question) {
        String[] paths = new String[files.size()];
        for (int i = 0; i < paths.length; i++) {
            FileStatus file = (FileStatus) files.get(i);
            paths[i] = file.getPath().toUri().getPath();
            question.append(file.getLen()).append(' ').append(file.getModificationTime());
            question.append(' ').append(paths[i]).append('\n');
        }
        question.append('\n');
        return paths;
    }

    private static Pieces read(String[] lines, List relations, String[][] paths) {
        String[] edges = lines[0].isEmpty() ? new String[0] : lines[0].split(",");
        Pieces pieces = new Pieces(new long[edges.length]);
        for (int i = 0; i < edges.length; i++) {
            pieces.edges[i] = Long.parseLong(edges[i]);
        }
        for (int i = 0; i < paths.length; i++) {
            String[] words = lines[i + 1].split(" ", -1);
            if (!words[0].equals("none")) {
                String[][] files = inPieces(words[1].split(";", -1), paths[i]);
                pieces.tables.put(relations.get(i), new OfTable(files, words[0].equals("sorted")));
            }
        }
        return pieces;
    }

    private static String[][] inPieces(String[] numbers, String[] paths) {
        String[][] files = new String[numbers.length][];
        for (int i = 0; i < files.length; i++) {
            String[] own = numbers[i].isEmpty() ? new String[0] : numbers[i].split(",");
            files[i] = new String[own.length];
            for (int j = 0; j < own.length; j++) {
                files[i][j] = paths[Integer.parseInt(own[j])];
            }
        }
        return files;
    }
}
