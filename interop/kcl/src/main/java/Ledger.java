import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What was acknowledged and what was processed. Records of one key carry 0, 1, 2, ...; the first
 * occurrences of them must come in that order. A record that comes again is a duplicate, which
 * at-least-once delivery allows and which is counted.
 */
final class Ledger {
  private final Map<String, Integer> acknowledged = new HashMap<>();
  private final Map<String, Integer> processed = new HashMap<>();
  private final Set<String> shards = new HashSet<>();
  private final List<String> disorder = new ArrayList<>();
  private int acknowledgedCount = 0;
  private int processedCount = 0;
  private int duplicates = 0;

  /** Record `number` of `key` was acknowledged; the numbers of a key come without gaps. */
  synchronized void acknowledge(String key, int number) {
    acknowledged.put(key, number);
    acknowledgedCount++;
  }

  /** Record `number` of `key` was handed to a processor of `shard`. */
  synchronized void process(String shard, String key, int number) {
    shards.add(shard);
    int expected = processed.getOrDefault(key, -1) + 1;
    if (number < expected) {
      duplicates++;
      return;
    }
    if (number > expected) {
      disorder.add(key + " went from " + (expected - 1) + " to " + number + " in " + shard);
    }
    processed.put(key, number);
    processedCount++;
    notifyAll();
  }

  synchronized boolean heardFrom(Set<String> wanted) {
    return shards.containsAll(wanted);
  }

  synchronized int acknowledgedCount() {
    return acknowledgedCount;
  }

  synchronized int processedCount() {
    return processedCount;
  }

  synchronized int duplicates() {
    return duplicates;
  }

  synchronized List<String> disorder() {
    return List.copyOf(disorder);
  }

  /** Keys whose last acknowledged record was not processed, with both numbers. */
  synchronized List<String> behind() {
    List<String> behind = new ArrayList<>();
    acknowledged.forEach(
        (key, number) -> {
          int seen = processed.getOrDefault(key, -1);
          if (seen < number) {
            behind.add(key + ": acknowledged " + number + ", processed " + seen);
          }
        });
    return behind;
  }
}
