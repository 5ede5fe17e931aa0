import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.slf4j.LoggerFactory;

/**
 * What the KCL logs from INFO up. A line, or an exception under it, that says an answer of the
 * service was not valid or that the shards it described do not fit together is kept whole; other
 * warnings are counted by their template.
 */
final class LogWatch extends AppenderBase<ILoggingEvent> {
  /**
   * The KCL's words for answers that contradict themselves or each other. A GetRecords answer with
   * neither or both of an iterator and child shards is what it calls a timeout.
   */
  private static final Pattern COMPLAINT =
      Pattern.compile(
          "is not valid|Timeout occurred while waiting for response|\\binvalid\\b|inconsistent|is not closed|incomplete hash ?range"
              + "|hash range holes?|HoleInHashRange|more than one active subscription"
              + "|No child shards returned|out of order|unexpected child shard",
          Pattern.CASE_INSENSITIVE);

  private final List<String> complaints = new ArrayList<>();
  private final Map<String, Integer> warnings = new TreeMap<>();

  static LogWatch attach() {
    LogWatch watch = new LogWatch();
    Logger logger = (Logger) LoggerFactory.getLogger("software.amazon.kinesis");
    watch.setContext(logger.getLoggerContext());
    watch.start();
    logger.addAppender(watch);
    return watch;
  }

  @Override
  protected synchronized void append(ILoggingEvent event) {
    StringBuilder text = new StringBuilder(event.getFormattedMessage());
    IThrowableProxy cause = event.getThrowableProxy();
    for (int depth = 0; cause != null && depth < 10; depth++, cause = cause.getCause()) {
      text.append(" < ").append(cause.getClassName()).append(": ").append(cause.getMessage());
    }
    if (COMPLAINT.matcher(text).find()) {
      complaints.add(event.getLevel() + " " + event.getLoggerName() + ": " + text);
    }
    if (event.getLevel().levelInt >= ch.qos.logback.classic.Level.WARN_INT) {
      String thrown = event.getThrowableProxy() == null ? "" : event.getThrowableProxy().getClassName();
      warnings.merge(event.getLevel() + " " + event.getMessage() + " " + thrown, 1, Integer::sum);
    }
  }

  /** Complaints since the last call. */
  synchronized List<String> takeComplaints() {
    List<String> taken = List.copyOf(complaints);
    complaints.clear();
    return taken;
  }

  /** Warnings and how often each was logged since the last call. */
  synchronized Map<String, Integer> takeWarnings() {
    Map<String, Integer> taken = new TreeMap<>(warnings);
    warnings.clear();
    return taken;
  }
}
