import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;

/**
 * Looks at every GetRecords answer that the client receives: it names either the next iterator or
 * the children of a finished shard, never both and never neither.
 */
final class AnswerWatch implements ExecutionInterceptor {
  private final List<String> contradictions = new ArrayList<>();
  private int shardEnds = 0;

  @Override
  public synchronized void afterExecution(
      Context.AfterExecution context, ExecutionAttributes attributes) {
    if (context.response() instanceof GetRecordsResponse answer) {
      boolean goesOn = answer.nextShardIterator() != null;
      boolean ends = !answer.childShards().isEmpty();
      if (goesOn == ends) {
        contradictions.add(answer.toString());
      }
      shardEnds += ends ? 1 : 0;
    }
  }

  synchronized List<String> contradictions() {
    return List.copyOf(contradictions);
  }

  /** How many answers told that a shard is read to its end. */
  synchronized int shardEnds() {
    return shardEnds;
  }
}
